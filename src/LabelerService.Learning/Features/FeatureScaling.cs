using LabelerService.Core.Encodings;
using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Features;

/// <summary>
/// The feature transform of a run: fitted on its training items, applied once in training, part of the serving graph after. Of sequences
/// the values of a step are transformed, each by what it is over the steps that there are; numbers of steps stay, and padding stays zero.
/// For classifiers that read vectors a <see cref="SequenceSummary"/> follows.
/// </summary>
internal sealed class FeatureScaling : IDisposable
{
    // A feature that hardly varies is left at its scale: dividing by next to nothing would blow up what serving sees.
    private const double SmallestDeviation = 1e-6;
    private readonly FeatureTransform _transform;
    private readonly Tensor? _shift;
    private readonly Tensor? _scale;
    private readonly SequenceRows? _sequences;
    private readonly bool _summarises;

    private FeatureScaling(FeatureTransform transform, Tensor? shift, Tensor? scale, SequenceRows? sequences, bool summarises)
    {
        _transform = transform;
        _shift = shift;
        _scale = scale;
        _sequences = sequences;
        _summarises = summarises;
    }

    /// <summary>Whether transformed features are the features.</summary>
    public bool IsIdentity => _transform == FeatureTransform.None && !_summarises;

    /// <summary>Whether transformed features have another length.</summary>
    public bool Shortens => _summarises;

    /// <summary>Fits the transform; looks at a bounded number of rows at a time.</summary>
    /// <param name="settings">Which one, and for which algorithm.</param>
    /// <param name="encoding">What a row of features is.</param>
    /// <param name="features">Features of all items [N, D].</param>
    /// <param name="rows">The training items.</param>
    public static FeatureScaling Fit(TrainingSettings settings, ItemEncoding encoding, Tensor features, int[] rows)
    {
        var transform = settings.FeatureTransform;
        var sequences = SequenceRows.Of(encoding);
        var summarises = sequences is not null && SequenceSummary.Suits(settings);
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
            return new FeatureScaling(transform, null, null, sequences, summarises);
        }

        // Two passes: the square of a small deviation from a large mean would drown in the square of the mean.
        var (count, mean) = (0.0, zeros(sequences?.StepLength ?? features.shape[1], dtype: ScalarType.Float64));
        ForEachChunk(features, rows, chunk =>
        {
            count += sequences is null ? chunk.shape[0] : SequenceRows.Lengths(chunk).sum().Value();
            mean.PlusInPlace(Sum(sequences, chunk, values => values));
        });
        count = Math.Max(count, 1);
        mean.div_(tensor(count));
        var variance = zeros_like(mean);
        ForEachChunk(features, rows, chunk => variance.PlusInPlace(Sum(sequences, chunk, values => values.sub(mean).Squared())));
        var deviation = variance.div(tensor(count)).sqrt();
        var scale = where(deviation.Above(SmallestDeviation), deviation.reciprocal(), ones_like(deviation));
        return new FeatureScaling(
            transform, mean.to(ScalarType.Float32).DetachFromDisposeScope(), scale.to(ScalarType.Float32).DetachFromDisposeScope(), sequences,
            summarises);
    }

    /// <summary>The same transform with tensors of its own.</summary>
    public FeatureScaling Copy()
    {
        using var scope = NewDisposeScope();
        return new FeatureScaling(
            _transform, _shift?.clone().DetachFromDisposeScope(), _scale?.clone().DetachFromDisposeScope(), _sequences, _summarises);
    }

    /// <summary>Transformed features [N, D], or summaries of them.</summary>
    public Tensor Apply(Tensor features) => _sequences is not { } sequences ? Transformed(features)
        : _summarises ? SequenceSummary.Of(sequences, features, Transformed(sequences.Steps(features)))
        : IsIdentity ? features.alias()
        : sequences.Masked(features, Transformed(sequences.Steps(features)));

    /// <summary>Adds the same computation to a serving graph.</summary>
    public string AppendTo(GraphBuilder graph, string input)
    {
        if (_sequences is not { } sequences)
        {
            return AppendTransformed(graph, input);
        }

        if (IsIdentity)
        {
            return input;
        }

        var lengths = SequenceRows.AppendLengths(graph, input);
        var steps = AppendTransformed(graph, sequences.AppendSteps(graph, input));
        return _summarises
            ? SequenceSummary.AppendTo(graph, sequences, lengths, steps)
            : sequences.AppendMasked(graph, lengths, sequences.AppendMask(graph, lengths), steps);
    }

    public void Dispose()
    {
        _shift?.Dispose();
        _scale?.Dispose();
    }

    private Tensor Transformed(Tensor features) => _transform switch
    {
        FeatureTransform.Log1p => features.abs().Plus(1).log_().mul_(features.sign()),
        FeatureTransform.Standardize => features.sub(_shift!).mul_(_scale!),
        _ => features.alias(),
    };

    private string AppendTransformed(GraphBuilder graph, string input)
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

    // Σ over items, and of sequences over the steps that there are, of what is made of each value, float64.
    private static Tensor Sum(SequenceRows? sequences, Tensor rows, Func<Tensor, Tensor> of) => sequences is null
        ? of(rows.to(ScalarType.Float64)).sum([0L])
        : of(sequences.Steps(rows).to(ScalarType.Float64)).mul(sequences.Mask(rows)).sum([0, 1]);

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
