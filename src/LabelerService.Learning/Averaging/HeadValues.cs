using System.Runtime.InteropServices;
using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>
/// What the frozen heads say of some items, by class: p or ln p [n, K, R]. Worked out once and kept where that fits into a bounded memory,
/// otherwise anew for each piece of a batch.
/// </summary>
internal sealed class HeadValues : IDisposable
{
    // Float32 values kept (128 MiB).
    private const long MostKept = 32 * 1024 * 1024;
    private readonly Network _network;
    private readonly ParameterSet _frozen;
    private readonly Mixing _mixing;
    private readonly Tensor _representation;
    private readonly int _valuesPerItem;
    private readonly float[]? _kept;

    /// <summary>Runs the backbone over the items.</summary>
    /// <param name="network">The net's shape.</param>
    /// <param name="frozen">Its values, which do not change any more.</param>
    /// <param name="features">Transformed features of all items [N, D].</param>
    /// <param name="rows">The items.</param>
    /// <param name="mixing">Whether probabilities are mixed, or their logarithms.</param>
    public HeadValues(Network network, ParameterSet frozen, Tensor features, int[] rows, Mixing mixing)
    {
        (_network, _frozen, _mixing) = (network, frozen, mixing);
        _valuesPerItem = checked(network.Heads.Count * network.Heads.Classes);
        _representation = Representations.Of(network, frozen, features, rows);
        ItemsPerPiece = WorkingMemory.Rows(_valuesPerItem);
        if ((long)rows.Length * _valuesPerItem <= MostKept)
        {
            _kept = new float[rows.Length * _valuesPerItem];
            for (var start = 0; start < rows.Length; start += ItemsPerPiece)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(ItemsPerPiece, rows.Length - start);
                Memory(Of(_representation.narrow(0, start, count))).CopyTo(_kept.AsSpan(start * _valuesPerItem));
            }
        }
    }

    /// <summary>Most items of a piece.</summary>
    public int ItemsPerPiece { get; }

    /// <summary>Representation of the items [n, h].</summary>
    public Tensor Representation => _representation;

    /// <summary>Calls back for each of some items with what the heads say of it [K, R]. Call within a dispose scope.</summary>
    /// <param name="items">At most <see cref="ItemsPerPiece"/> of them.</param>
    /// <param name="visit">Gets the position among them and the values.</param>
    public void ForEach(ReadOnlySpan<int> items, Action<int, ReadOnlySpan<float>> visit)
    {
        using var values = _kept is null
            ? Of(_representation.index_select(0, tensor(items.ToArray().Select(i => (long)i).ToArray())))
            : null;
        for (var i = 0; i < items.Length; i++)
        {
            visit(i, values is null
                ? _kept.AsSpan(items[i] * _valuesPerItem, _valuesPerItem)
                : Memory(values).Slice(i * _valuesPerItem, _valuesPerItem));
        }
    }

    public void Dispose() => _representation.Dispose();

    private Tensor Of(Tensor z)
    {
        // The steps between are as large as the result, and there are several: none of them outlives this.
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var logarithms = _network.Heads.LogProbabilities(z, _frozen);
        var values = _mixing == Mixing.Linear ? logarithms.exp() : logarithms.AtLeast(Math.Log(HeadAveraging.SmallestProbability));
        return values.transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    private static Span<float> Memory(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
