using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Features;

/// <summary>The feature transform of a run: fitted on its training items, applied once in training, part of the serving graph after.</summary>
internal sealed class FeatureScaling : IDisposable
{
    // A feature that hardly varies is left at its scale: dividing by next to nothing would blow up what serving sees.
    private const double SmallestDeviation = 1e-6;
    private readonly FeatureTransform _transform;
    private readonly Tensor? _shift;
    private readonly Tensor? _scale;

    private FeatureScaling(FeatureTransform transform, Tensor? shift, Tensor? scale)
    {
        _transform = transform;
        _shift = shift;
        _scale = scale;
    }

    /// <summary>Whether transformed features are the features.</summary>
    public bool IsIdentity => _transform == FeatureTransform.None;

    /// <summary>Fits the transform; looks at a bounded number of rows at a time.</summary>
    /// <param name="transform">Which one.</param>
    /// <param name="features">Features of all items [N, D].</param>
    /// <param name="rows">The training items.</param>
    public static FeatureScaling Fit(FeatureTransform transform, Tensor features, int[] rows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (transform == FeatureTransform.Auto)
        {
            var smallest = double.PositiveInfinity;
            ForEachChunk(features, rows, chunk => smallest = Math.Min(smallest, chunk.min().Value()));
            transform = smallest >= 0 ? FeatureTransform.Log1p : FeatureTransform.None;
        }

        if (transform != FeatureTransform.Standardize)
        {
            return new FeatureScaling(transform, null, null);
        }

        // Two passes: the square of a small deviation from a large mean would drown in the square of the mean.
        var mean = zeros(features.shape[1], dtype: ScalarType.Float64);
        ForEachChunk(features, rows, chunk => mean.PlusInPlace(chunk.to(ScalarType.Float64).sum(0)));
        mean.div_(tensor((double)rows.Length));
        var variance = zeros_like(mean);
        ForEachChunk(features, rows, chunk => variance.PlusInPlace(chunk.to(ScalarType.Float64).sub(mean).Squared().sum(0)));
        var deviation = variance.div(tensor((double)rows.Length)).sqrt();
        var scale = where(deviation.Above(SmallestDeviation), deviation.reciprocal(), ones_like(deviation));
        return new FeatureScaling(
            transform, mean.to(ScalarType.Float32).DetachFromDisposeScope(), scale.to(ScalarType.Float32).DetachFromDisposeScope());
    }

    /// <summary>The same transform with tensors of its own.</summary>
    public FeatureScaling Copy()
    {
        using var scope = NewDisposeScope();
        return new FeatureScaling(
            _transform, _shift?.clone().DetachFromDisposeScope(), _scale?.clone().DetachFromDisposeScope());
    }

    /// <summary>Transformed features, same shape.</summary>
    public Tensor Apply(Tensor features) => _transform switch
    {
        FeatureTransform.Log1p => features.abs().Plus(1).log_().mul_(features.sign()),
        FeatureTransform.Standardize => features.sub(_shift!).mul_(_scale!),
        _ => features.alias(),
    };

    /// <summary>Adds the same computation to a serving graph.</summary>
    public string AppendTo(GraphBuilder graph, string input)
    {
        switch (_transform)
        {
            case FeatureTransform.Log1p:
                var shifted = graph.Node("Add", "log1p.shifted", [graph.Node("Abs", "log1p.abs", [input]), graph.Constant("log1p.one", [1f], 1)]);
                return graph.Node(
                    "Mul", "log1p", [graph.Node("Log", "log1p.log", [shifted]), graph.Node("Sign", "log1p.sign", [input])]);
            case FeatureTransform.Standardize:
                var centred = graph.Node("Sub", "standardize.centred", [input, graph.Constant("standardize.mean", _shift!)]);
                return graph.Node("Mul", "standardize", [centred, graph.Constant("standardize.scale", _scale!)]);
            default:
                return input;
        }
    }

    public void Dispose()
    {
        _shift?.Dispose();
        _scale?.Dispose();
    }

    private static void ForEachChunk(Tensor features, int[] rows, Action<Tensor> visit)
    {
        var size = WorkingMemory.Rows(features.shape[1]);
        foreach (var chunk in rows.Chunk(size))
        {
            using var scope = NewDisposeScope();
            visit(features.index_select(0, tensor(chunk.Select(row => (long)row).ToArray())));
        }
    }
}
