namespace LabelerService.Storage.Datasets;

/// <summary>What tells whether items were written: another epoch of their keys, more or fewer of them, or more changes.</summary>
internal readonly record struct ItemState(long KeyEpoch, long Items, long Changes);

/// <summary>How many items of a dataset are what.</summary>
internal sealed record ItemCounts(long All, long WithFeatures, long Gold, long Train, long Validation, long Test);

/// <summary>
/// The counts of items of datasets that were asked for lately, each with the state that it holds in: to count is to read them all, to ask
/// whether the state is still the same is to read a few counters.
/// </summary>
internal sealed class CountMemory
{
    private const int Most = 1_024;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, (ItemState State, ItemCounts Counts)> _known = [];

    /// <summary>The counts in that state; null if they are not known.</summary>
    public ItemCounts? Find(long dataset, ItemState state)
    {
        lock (_gate)
        {
            return _known.TryGetValue(dataset, out var known) && known.State == state ? known.Counts : null;
        }
    }

    /// <summary>Keeps counts, which were taken together with their state.</summary>
    public void Keep(long dataset, ItemState state, ItemCounts counts)
    {
        lock (_gate)
        {
            if (_known.Count >= Most && !_known.ContainsKey(dataset))
            {
                // Rare, and costs no more than counting again.
                _known.Clear();
            }

            _known[dataset] = (state, counts);
        }
    }
}
