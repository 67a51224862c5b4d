using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Features;

/// <summary>
/// A fixed layer of random units, φ(x) = relu(W (x − m) + b) with Gaussian W and b, under which classes that no plane separates come
/// to be nearly so (Rahimi, Recht: Random Features for Large-Scale Kernel Machines, NIPS 2007; with ReLU: the arc-cosine kernel of Cho,
/// Saul, NIPS 2009). W lives in the span of the leading principal components, which hold nine tenths of the variance: in more dimensions
/// the same number of units spends itself on noise. Nothing is learnt from labels, so they cannot overfit it.
/// </summary>
internal sealed class RandomFeatures : IDisposable
{
    private const double VarianceKept = 0.9;
    private const double SmallestVariance = 1e-12;
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
        var mean = features.mean([0]);
        var centred = features.sub(mean);
        var (values, vectors) = linalg.eigh(
            centred.t().mm(centred).to(ScalarType.Float64).Times(1.0 / Math.Max(features.shape[0], 1)));
        // Ascending. One scale for all components: their relative sizes carry meaning.
        var spectrum = values.AtLeast(0).data<double>().ToArray();
        var total = Math.Max(spectrum.Sum(), SmallestVariance);
        var (kept, count) = (0.0, 0);
        while (count < spectrum.Length && (count == 0 || kept < VarianceKept * total))
        {
            count++;
            kept += spectrum[^count];
        }

        var leading = vectors.narrow(1, spectrum.Length - count, count).t().to(ScalarType.Float32);
        var weight = randn(units, count, generator: generator).mm(leading).Times(1 / Math.Sqrt(Math.Max(kept, SmallestVariance)));
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
