using System.Collections.Concurrent;

namespace LabelerService.Storage.Ingest;

/// <summary>What this process remembers of keys: items, labelers, and the epoch in which each dataset's keys are valid.</summary>
internal sealed class KeyMemory
{
    private const int ItemCapacity = 1 << 19;
    private const int LabelerCapacity = 1 << 16;
    private const int EpochCapacity = 1 << 14;

    private readonly ConcurrentDictionary<long, long> _epochs = new();

    /// <summary>Keys of items.</summary>
    public KeyCache Items { get; } = new(ItemCapacity);

    /// <summary>Keys of labelers.</summary>
    public KeyCache Labelers { get; } = new(LabelerCapacity);

    /// <summary>The last epoch that this process has seen of a dataset; null if none. It may be over.</summary>
    public long? LastEpoch(long datasetKey) => _epochs.TryGetValue(datasetKey, out var epoch) ? epoch : null;

    /// <summary>Takes note of a dataset's epoch, read under its lock.</summary>
    public void SawEpoch(long datasetKey, long epoch)
    {
        if (_epochs.Count >= EpochCapacity)
        {
            _epochs.Clear();
        }

        _epochs[datasetKey] = epoch;
    }

    /// <summary>Remembers the keys of items that a committed transaction wrote, which held the dataset's lock in this epoch.</summary>
    public void RememberItems(long datasetKey, long epoch, ReadOnlySpan<string> externalIds, ReadOnlySpan<long> keys)
    {
        var items = Items.Of(datasetKey, epoch);
        for (var i = 0; i < keys.Length; i++)
        {
            items.Add(externalIds[i], keys[i]);
        }

        SawEpoch(datasetKey, epoch);
    }
}
