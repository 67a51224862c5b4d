using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Features;

/// <summary>
/// A fixed layer of random units, φ(x) = relu(W (x − m)/s + b) with Gaussian W and b, under which classes that no plane separates come
/// to be nearly so (Rahimi, Recht: Random Features for Large-Scale Kernel Machines, NIPS 2007; with ReLU: the arc-cosine kernel of Cho,
/// Saul, NIPS 2009). Nothing is learnt but the centre m and the one scale s, so labels cannot overfit it.
/// </summary>
internal sealed class RandomFeatures : IDisposable
{
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    private RandomFeatures(Tensor weight, Tensor bias) => (_weight, _bias) = (weight, bias);

    /// <summary>Draws a layer.</summary>
    /// <param name="features">Features of the items it is scaled to [n, D].</param>
    /// <param name="units">Number of units.</param>
    /// <param name="generator">Draws W and b.</param>
    public static RandomFeatures Draw(Tensor features, int units, Generator generator)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var length = features.shape[1];
        var mean = features.mean([0]);
        // One scale for all features: their relative sizes carry meaning.
        var variance = features.sub(mean).Squared().mean().Value();
        var scale = 1 / Math.Sqrt(Math.Max(variance * length, 1e-12));
        var weight = randn(units, length, generator: generator).Times(scale);
        var bias = randn(units, generator: generator).sub(weight.mv(mean));
        return new RandomFeatures(weight.DetachFromDisposeScope(), bias.DetachFromDisposeScope());
    }

    /// <summary>φ [N, units] of features [N, D].</summary>
    public Tensor Apply(Tensor features) => addmm(_bias, features, _weight.t(), 1, 1).relu_();

    /// <summary>Adds the layer to a serving graph.</summary>
    public string AppendTo(GraphBuilder graph, string features)
    {
        var sum = graph.Node(
            "Gemm", "random.sum", [features, graph.Constant("random.weight", _weight), graph.Constant("random.bias", _bias)], ("transB", 1));
        return graph.Node("Relu", "random", [sum]);
    }

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }
}
