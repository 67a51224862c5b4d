namespace LabelerService.Core.Items;

/// <summary>The largest scores of many, in a heap of bounded size; among equal ones the lower positions.</summary>
internal sealed class TopScores(int capacity)
{
    // The worst of those kept is on top.
    private readonly PriorityQueue<int, (double Score, int Position)> _kept = new(Comparer<(double Score, int Position)>.Create(
        (a, b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : b.Position.CompareTo(a.Position)));

    /// <summary>Most scores kept.</summary>
    public int Capacity => capacity;

    /// <summary>Offers a score: O(log capacity).</summary>
    public void Add(double score, int position)
    {
        if (_kept.Count < capacity)
        {
            _kept.Enqueue(position, (score, position));
        }
        else
        {
            _kept.EnqueueDequeue(position, (score, position));
        }
    }

    /// <summary>Offers those of another.</summary>
    public void Add(TopScores other)
    {
        foreach (var (_, (score, position)) in other._kept.UnorderedItems)
        {
            Add(score, position);
        }
    }

    /// <summary>What is kept, the largest first.</summary>
    public IEnumerable<(double Score, int Position)> Sorted() =>
        _kept.UnorderedItems.Select(entry => entry.Priority).OrderByDescending(entry => entry.Score).ThenBy(entry => entry.Position);
}
