using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>
/// All parameters of a net in one flat tensor, each readable as a view of its own shape; gradients likewise. Optimiser, running mean
/// and snapshots then cost a handful of operations on one tensor, however many parameters a net has.
/// </summary>
internal sealed class ParameterSet : IDisposable
{
    private readonly ParameterLayout _layout;
    private readonly Tensor[] _views;
    private readonly Tensor[] _gradientViews;
    private int _frozen;

    /// <summary>Allocates the parameters, all zero.</summary>
    /// <param name="layout">Names and shapes.</param>
    /// <param name="trainable">Whether gradients are kept.</param>
    /// <param name="type">float32 in training; float64 where gradients are checked.</param>
    public ParameterSet(ParameterLayout layout, bool trainable, ScalarType type = ScalarType.Float32)
    {
        _layout = layout;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Flat = zeros(layout.Length, dtype: type).DetachFromDisposeScope();
        Gradient = trainable ? zeros(layout.Length, dtype: type).DetachFromDisposeScope() : null;
        _views = Views(Flat);
        _gradientViews = Gradient is null ? [] : Views(Gradient);
        TouchedRows = new RowMarks(trainable ? layout.RowCount : 0);
        for (var i = 0; i < _gradientViews.Length; i++)
        {
            _views[i].requires_grad_(true);
            // A gradient that exists is added to in place, so the flat gradient fills itself.
            _views[i].grad = _gradientViews[i];
        }
    }

    // Values of some parameters of its own, all else another set's.
    private ParameterSet(ParameterSet other, IReadOnlyCollection<ParameterSlot> own)
    {
        _layout = other._layout;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Flat = zeros(_layout.Length, dtype: other.Flat.dtype).DetachFromDisposeScope();
        Gradient = other.Gradient!.alias().DetachFromDisposeScope();
        _views = Views(Flat);
        _gradientViews = Views(Gradient);
        TouchedRows = other.TouchedRows;
        for (var i = 0; i < _views.Length; i++)
        {
            if (!own.Contains(new ParameterSlot(i)))
            {
                _views[i].Dispose();
                _views[i] = other._views[i].detach().DetachFromDisposeScope();
            }

            _views[i].requires_grad_(true);
            _views[i].grad = _gradientViews[i];
        }
    }

    /// <summary>All values: weights, then biases, then parameters by row.</summary>
    public Tensor Flat { get; }

    /// <summary>All gradients in the order of <see cref="Flat"/>; null where not trainable.</summary>
    public Tensor? Gradient { get; }

    /// <summary>The memory of <see cref="Flat"/>; float32 sets only.</summary>
    public Span<float> Values => Memory(Flat);

    /// <summary>The memory of <see cref="Gradient"/>; float32 trainable sets only.</summary>
    public Span<float> Gradients => Memory(Gradient!);

    /// <summary>The part of <see cref="Flat"/> that penalties apply to.</summary>
    public long WeightLength => _layout.WeightLength;

    /// <summary>Names and shapes.</summary>
    public ParameterLayout Layout => _layout;

    /// <summary>Rows whose gradient has been added to since the last step.</summary>
    public RowMarks TouchedRows { get; }

    /// <summary>One parameter in its shape.</summary>
    public Tensor this[ParameterSlot slot] => _views[slot.Index];

    /// <summary>The memory of one parameter; float32 sets only.</summary>
    public Span<float> ValuesOf(ParameterSlot slot) => Memory(_views[slot.Index]);

    /// <summary>One parameter's gradient in its shape; trainable sets only.</summary>
    public Tensor GradientOf(ParameterSlot slot) => _gradientViews[slot.Index];

    /// <summary>The memory of one parameter's gradient; float32 trainable sets only.</summary>
    public Span<float> GradientsOf(ParameterSlot slot) => Memory(_gradientViews[slot.Index]);

    /// <summary>
    /// Freezes the first parameters of the layout: no gradient is worked out for them, and no step moves them.
    /// </summary>
    /// <param name="count">How many.</param>
    public void Freeze(int count)
    {
        _frozen = count;
        for (var i = 0; i < count; i++)
        {
            _views[i].requires_grad_(false);
        }
    }

    /// <summary>
    /// Clears what penalties have added to the gradients of frozen parameters. Adam leaves what never had a gradient as it is, to the bit, and
    /// so does the running mean.
    /// </summary>
    public void ClearFrozen()
    {
        for (var i = 0; i < _frozen; i++)
        {
            Memory(_gradientViews[i]).Clear();
        }
    }

    /// <summary>Another set of the same layout, not trainable, all zero.</summary>
    public ParameterSet SameLayout() => new(_layout, trainable: false, Flat.dtype);

    /// <summary>
    /// A set that a loss can be given in the place of this one, trainable: some parameters have values of its own, all others are those of
    /// this set, and so are all gradients and the marks of touched rows. Its <see cref="Flat"/> is of no use. Dispose it first.
    /// </summary>
    /// <param name="own">Parameters with values of its own, zero at first.</param>
    public ParameterSet Twin(IReadOnlyCollection<ParameterSlot> own) => new(this, own);

    /// <summary>Takes over the values of another set of the same layout.</summary>
    public void CopyFrom(ParameterSet other)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Flat.copy_(other.Flat);
    }

    public void Dispose()
    {
        foreach (var view in _views)
        {
            view.Dispose();
        }

        foreach (var view in _gradientViews)
        {
            view.Dispose();
        }

        Gradient?.Dispose();
        Flat.Dispose();
    }

    private static Span<float> Memory(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private Tensor[] Views(Tensor flat)
    {
        var views = new Tensor[_layout.Entries.Count];
        var start = 0L;
        foreach (var role in (ReadOnlySpan<ParameterRole>)[ParameterRole.Weight, ParameterRole.Bias, ParameterRole.Row])
        {
            for (var i = 0; i < views.Length; i++)
            {
                var entry = _layout.Entries[i];
                if (entry.Role == role)
                {
                    views[i] = flat.narrow(0, start, entry.Length).view(entry.Shape).DetachFromDisposeScope();
                    start += entry.Length;
                }
            }
        }

        return views;
    }
}
