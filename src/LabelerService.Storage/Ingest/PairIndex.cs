using System.Buffers;
using System.Numerics;

namespace LabelerService.Storage.Ingest;

/// <summary>
/// Finds repeated pairs of (item, labeler) within a batch. Every row of every message passes here, so it is a flat table of indexes with
/// open addressing instead of a dictionary of pairs.
/// </summary>
internal sealed class PairIndex : IDisposable
{
    private readonly IReadOnlyList<AnnotationWrite> _annotations;
    private readonly int[] _slots;
    private readonly int _mask;

    public PairIndex(IReadOnlyList<AnnotationWrite> annotations)
    {
        _annotations = annotations;
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, annotations.Count * 2));
        _mask = size - 1;
        _slots = ArrayPool<int>.Shared.Rent(size);
        _slots.AsSpan(0, size).Clear();
    }

    /// <summary>Index of the first annotation of the same pair that was asked for; the index itself if there was none.</summary>
    public int FirstOf(int index)
    {
        var annotation = _annotations[index];

        // Seeded per process: nobody can make up ids that all land in one place.
        var slot = HashCode.Combine(annotation.ItemId, annotation.LabelerId) & _mask;
        while (_slots[slot] is var taken && taken > 0)
        {
            var other = _annotations[taken - 1];
            if (other.ItemId == annotation.ItemId && other.LabelerId == annotation.LabelerId)
            {
                return taken - 1;
            }

            slot = (slot + 1) & _mask;
        }

        _slots[slot] = index + 1;
        return index;
    }

    public void Dispose() => ArrayPool<int>.Shared.Return(_slots);
}
