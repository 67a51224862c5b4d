using LabelerService.Core.Annotations;

namespace LabelerService.Core.Labelers;

/// <summary>
/// The items on which one labeler meets each labeler of a higher index. A buffer that is filled again for each labeler; each thread has its
/// own. Memory R plus the labeler's meetings.
/// </summary>
internal sealed class PairMeetings(AnnotationTable table, int mostAnnotations)
{
    private readonly int[] _counts = new int[table.LabelerCount];
    private readonly List<int> _partners = [];
    private (int Mine, int Theirs)[] _meetings = [];

    /// <summary>The labelers it meets, by index.</summary>
    public IReadOnlyList<int> Partners => _partners;

    /// <summary>The items shared with the i-th partner, as positions of both annotations.</summary>
    public ReadOnlySpan<(int Mine, int Theirs)> With(int i)
    {
        var start = i == 0 ? 0 : _counts[_partners[i - 1]];
        return _meetings.AsSpan(start, _counts[_partners[i]] - start);
    }

    /// <summary>Fills the buffer.</summary>
    public void Load(int labeler)
    {
        foreach (var partner in _partners)
        {
            _counts[partner] = 0;
        }

        _partners.Clear();
        foreach (var mine in table.PositionsOfLabeler(labeler))
        {
            var (start, end) = Range(mine);
            for (var i = start; i < end; i++)
            {
                var partner = table.Labelers[i];
                if (partner > labeler && _counts[partner]++ == 0)
                {
                    _partners.Add(partner);
                }
            }
        }

        // Counting sort by partner: counts become starts, and after the second pass ends.
        _partners.Sort();
        var total = 0;
        foreach (var partner in _partners)
        {
            (_counts[partner], total) = (total, total + _counts[partner]);
        }

        if (_meetings.Length < total)
        {
            _meetings = new (int, int)[total];
        }

        foreach (var mine in table.PositionsOfLabeler(labeler))
        {
            var (start, end) = Range(mine);
            for (var i = start; i < end; i++)
            {
                if (table.Labelers[i] > labeler)
                {
                    _meetings[_counts[table.Labelers[i]]++] = (mine, i);
                }
            }
        }
    }

    // The annotations of an item, unless it has too many.
    private (int Start, int End) Range(int position)
    {
        var (start, end) = table.RangeOfItem(table.Items[position]);
        return end - start <= mostAnnotations ? (start, end) : (start, start);
    }
}
