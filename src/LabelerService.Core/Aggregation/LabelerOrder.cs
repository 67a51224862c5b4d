using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>
/// Items and classes of the annotations, one labeler after the other: what a pass over labelers reads in a row, instead of jumping through
/// the table by position.
/// </summary>
internal sealed class LabelerOrder
{
    /// <summary>Labelers in a block of a pass: their counts differ widely, so blocks are small.</summary>
    internal const int BlockSize = 16;

    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly int[] _classes;

    internal LabelerOrder(AnnotationTable table)
    {
        _offsets = new int[table.LabelerCount + 1];
        _items = new int[table.Count];
        _classes = new int[table.Count];
        for (var r = 0; r < table.LabelerCount; r++)
        {
            var at = _offsets[r];
            foreach (var position in table.PositionsOfLabeler(r))
            {
                _items[at] = table.Items[position];
                _classes[at++] = table.Classes[position];
            }

            _offsets[r + 1] = at;
        }
    }

    /// <summary>Item of each annotation, by labeler and then by item.</summary>
    internal ReadOnlySpan<int> Items => _items;

    /// <summary>Class of each annotation in the same order.</summary>
    internal ReadOnlySpan<int> Classes => _classes;

    /// <summary>The annotations of a labeler: [start, end) in this order.</summary>
    internal (int Start, int End) Range(int labeler) => (_offsets[labeler], _offsets[labeler + 1]);

    /// <summary>Number of annotations of a labeler.</summary>
    internal int Count(int labeler) => _offsets[labeler + 1] - _offsets[labeler];
}
