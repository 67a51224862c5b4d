using System.Collections.Concurrent;

namespace LabelerService.Storage.Ingest;

/// <summary>
/// Keys of external ids that this process has seen, so that a batch need not be resolved in the database again: a dataset of N items
/// with ten annotations each would be asked for every item ten times. Bounded: when a generation is full, the one before it is dropped;
/// what is used moves on. Safe for concurrent use.
/// </summary>
/// <remarks>
/// An id never gets another key while it exists, and a dataset's key is never used again. An entry may outlive its row, though: whoever
/// uses a key from here must make sure that the row exists.
/// </remarks>
/// <param name="capacity">Entries at most, of which each costs about 150 bytes.</param>
internal sealed class KeyCache(int capacity)
{
    private readonly Lock _turn = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    public bool TryGet(long datasetKey, string externalId, out long key)
    {
        var id = (datasetKey, externalId);
        if (_young.Keys.TryGetValue(id, out key))
        {
            return true;
        }

        if (_old.Keys.TryGetValue(id, out key))
        {
            Add(datasetKey, externalId, key);
            return true;
        }

        return false;
    }

    public void Add(long datasetKey, string externalId, long key)
    {
        var young = _young;
        if (young.Keys.TryAdd((datasetKey, externalId), key) && Interlocked.Increment(ref young.Count) >= capacity / 2)
        {
            lock (_turn)
            {
                if (_young == young)
                {
                    _old = young;
                    _young = new Generation();
                }
            }
        }
    }

    public void Remove(long datasetKey, string externalId)
    {
        _old.Keys.TryRemove((datasetKey, externalId), out _);
        _young.Keys.TryRemove((datasetKey, externalId), out _);
    }

    private sealed class Generation
    {
        public ConcurrentDictionary<(long, string), long> Keys { get; } = new();

        public int Count;
    }
}
