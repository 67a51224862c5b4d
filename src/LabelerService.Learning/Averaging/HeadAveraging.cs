using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>How heads are averaged: the weights of an item's heads, and the mixture by them.</summary>
/// <param name="mixing">Whether probabilities are mixed, or their logarithms.</param>
internal abstract class HeadAveraging(Mixing mixing) : IDisposable
{
    /// <summary>What a probability is taken to be at least where logarithms are mixed: a head that is certain is no veto for ever.</summary>
    public const float SmallestProbability = 1e-30f;

    /// <summary>Weights [B, R] of items with representation z [B, h]; rows sum to one.</summary>
    public abstract Tensor Weights(Tensor z);

    /// <summary>Adds <see cref="Weights"/> to a serving graph; gives the name of the value.</summary>
    public abstract string AppendWeights(GraphBuilder graph, string z);

    /// <summary>Σ_r w_r p_r, or softmax(Σ_r w_r ln p_r): mixture [B, K] of distributions [B, R, K] by weights [B, R].</summary>
    public Tensor Mix(Tensor weights, Tensor probabilities) => mixing == Mixing.Linear
        ? Sum(weights, probabilities)
        : Sum(weights, probabilities.AtLeast(SmallestProbability).log()).softmax(1);

    /// <summary>Adds <see cref="Mix"/> to a serving graph.</summary>
    public string AppendMix(GraphBuilder graph, string weights, string probabilities)
    {
        var axis = graph.Integers("mixture.axis", 1);
        var row = graph.Node("Unsqueeze", "mixture.weights", [weights, axis]);
        if (mixing == Mixing.Linear)
        {
            return graph.Node("Squeeze", "mixture", [graph.Node("MatMul", "mixture.row", [row, probabilities]), axis]);
        }

        var bounded = graph.Node("Max", "mixture.bounded", [probabilities, graph.Constant("mixture.smallest", [SmallestProbability], 1)]);
        var sum = graph.Node("MatMul", "mixture.row", [row, graph.Node("Log", "mixture.logarithms", [bounded])]);
        return graph.Node("Softmax", "mixture", [graph.Node("Squeeze", "mixture.sum", [sum, axis])], ("axis", -1));
    }

    public abstract void Dispose();

    private static Tensor Sum(Tensor weights, Tensor values) => weights.unsqueeze(1).bmm(values).squeeze(1);
}
