namespace LabelerService.Cli.Files;

/// <summary>
/// Finds the line that a row came from. Rows are on consecutive lines except where quoted fields hold line breaks or lines are blank;
/// only those places are kept, so that a file of any size costs nothing.
/// </summary>
internal sealed class LineMap
{
    private readonly List<(long Row, long Shift)> _shifts = [(0, 0)];
    private long _rows;

    /// <summary>Notes the line of the next row.</summary>
    public void Add(long line)
    {
        var shift = line - _rows;
        if (_shifts[^1].Shift != shift)
        {
            _shifts.Add((_rows, shift));
        }

        _rows++;
    }

    /// <summary>Line of a row, rows counted from 0.</summary>
    public long LineOf(long row)
    {
        var (low, high) = (0, _shifts.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _shifts[middle].Row <= row ? (middle, high) : (low, middle - 1);
        }

        return row + _shifts[low].Shift;
    }
}
