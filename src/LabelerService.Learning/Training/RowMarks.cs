using System.Runtime.InteropServices;

namespace LabelerService.Learning.Training;

/// <summary>A set of rows that is filled and emptied at every step: both cost what is in it, whatever the number of rows.</summary>
/// <param name="count">Number of rows there are.</param>
internal sealed class RowMarks(int count)
{
    private readonly bool[] _marked = new bool[count];
    private readonly List<int> _rows = [];

    /// <summary>The rows marked, in the order of marking.</summary>
    public IReadOnlyList<int> Rows => _rows;

    /// <summary>The same, for loops that must be fast; gone with the next change.</summary>
    public ReadOnlySpan<int> Span => CollectionsMarshal.AsSpan(_rows);

    /// <summary>Called when a row is marked that was not; null for nothing.</summary>
    public Action<int>? Touched { get; set; }

    /// <summary>Marks a row.</summary>
    public void Mark(int row)
    {
        if (!_marked[row])
        {
            _marked[row] = true;
            _rows.Add(row);
            Touched?.Invoke(row);
        }
    }

    /// <summary>Marks every row: for losses that libtorch differentiates through all of them.</summary>
    public void MarkAll()
    {
        for (var row = 0; row < _marked.Length; row++)
        {
            Mark(row);
        }
    }

    /// <summary>Marks none.</summary>
    public void Clear()
    {
        foreach (var row in _rows)
        {
            _marked[row] = false;
        }

        _rows.Clear();
    }
}
