using LabelerService.Core.Training;
using LabelerService.Learning.Features;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>The mean of several linear softmax classifiers, as one head; with a layer of random features in front, or without.</summary>
internal sealed class LinearBag : Ensemble
{
    private readonly RandomFeatures? _map;
    private readonly Tensor _weights;
    private readonly Tensor _biases;
    private readonly int _members;
    private readonly int _classes;

    /// <summary>Puts classifiers together.</summary>
    /// <param name="map">What the classifiers see; null: the features themselves. Owned.</param>
    /// <param name="weights">Weight of each [K, D].</param>
    /// <param name="biases">Bias of each [K].</param>
    /// <param name="sharpness">What their logits are multiplied by.</param>
    public LinearBag(RandomFeatures? map, IReadOnlyList<Tensor> weights, IReadOnlyList<Tensor> biases, double sharpness)
    {
        _map = map;
        _members = weights.Count;
        _classes = (int)biases[0].shape[0];
        using var scope = NewDisposeScope();
        _weights = cat([.. weights], 0).Times(sharpness).to(ScalarType.Float32).DetachFromDisposeScope();
        _biases = cat([.. biases], 0).Times(sharpness).to(ScalarType.Float32).DetachFromDisposeScope();
    }

    public override int HeadCount => 1;

    public override int ClassCount => _classes;

    public override long ValuesPerItem => Math.Max((long)_members * _classes, _weights.shape[1]);

    public override EnsembleOutput Forward(Tensor features)
    {
        var probabilities = Classify(features);
        return new EnsembleOutput(probabilities, probabilities.unsqueeze(1), ones(probabilities.shape[0], 1));
    }

    public override Tensor Classify(Tensor features)
    {
        using var noGrad = no_grad();
        var seen = _map?.Apply(features) ?? features;
        return addmm(_biases, seen, _weights.t(), 1, 1).view(-1, _members, _classes).softmax(2).mean([1]);
    }

    public override EnsembleNodes AppendTo(GraphBuilder graph, string features)
    {
        var seen = _map?.AppendTo(graph, features) ?? features;
        var flat = graph.Node(
            "Gemm", "bag.flat", [seen, graph.Constant("bag.weights", _weights), graph.Constant("bag.biases", _biases)], ("transB", 1));
        var logits = graph.Node("Reshape", "bag.logits", [flat, graph.Integers("bag.shape", -1, _members, _classes)]);
        var each = graph.Node("Softmax", "bag.each", [logits], ("axis", -1));
        var shares = new float[_members];
        Array.Fill(shares, 1f / _members);
        var heads = graph.Node("MatMul", "bag.heads", [graph.Constant("bag.shares", shares, 1, 1, _members), each]);
        var probabilities = graph.Node("Squeeze", "bag", [heads, graph.Integers("bag.axis", 1)]);
        using var averaging = Averaging.FixedWeights.Equal(1);
        return new EnsembleNodes(probabilities, heads, averaging.AppendWeights(graph, probabilities));
    }

    public override void StoreAs(ServingPrecision precision)
    {
        // It is no net: its weights are written as they are.
    }

    public override void Dispose()
    {
        _map?.Dispose();
        _weights.Dispose();
        _biases.Dispose();
    }
}
