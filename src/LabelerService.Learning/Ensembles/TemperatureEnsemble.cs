using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>
/// An ensemble whose class distribution is made sharper or flatter, p ∝ p^(1/T) (Guo et al., On Calibration of Modern Neural Networks,
/// ICML 2017, section 4.2): how sure it is changes, its likeliest class does not. What it says of labelers stays.
/// </summary>
/// <param name="inner">The ensemble; owned.</param>
/// <param name="temperature">T; above 0.</param>
internal sealed class TemperatureEnsemble(Ensemble inner, double temperature) : Ensemble
{
    // Keeps the logarithm finite.
    private const float SmallestProbability = 1e-12f;

    public override int HeadCount => inner.HeadCount;

    public override int ClassCount => inner.ClassCount;

    public override long ValuesPerItem => inner.ValuesPerItem;

    public override EnsembleOutput Forward(Tensor features)
    {
        var output = inner.Forward(features);
        return output with { Probabilities = Temper(output.Probabilities) };
    }

    public override Tensor Classify(Tensor features) => Temper(inner.Classify(features));

    public override EnsembleNodes AppendTo(GraphBuilder graph, string features)
    {
        var nodes = inner.AppendTo(graph, features);
        var bounded = graph.Node(
            "Max", "temperature.bounded", [nodes.Probabilities, graph.Constant("temperature.smallest", [SmallestProbability], 1)]);
        var logits = graph.Node(
            "Mul", "temperature.logits",
            [graph.Node("Log", "temperature.log", [bounded]), graph.Constant("temperature.inverse", [(float)(1 / temperature)], 1)]);
        return nodes with { Probabilities = graph.Node("Softmax", "temperature", [logits], ("axis", -1)) };
    }

    public override void StoreAs(ServingPrecision precision) => inner.StoreAs(precision);

    public override void Dispose() => inner.Dispose();

    private Tensor Temper(Tensor probabilities)
    {
        using var noGrad = no_grad();
        return probabilities.AtLeast(SmallestProbability).log().Times(1 / temperature).softmax(1);
    }
}
