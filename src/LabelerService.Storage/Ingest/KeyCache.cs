using System.Collections.Concurrent;

namespace LabelerService.Storage.Ingest;

/// <summary>
/// Keys of external ids that this process has seen, so that a batch need not be resolved in the database again: a dataset of N items
/// with ten annotations each would be asked for every item ten times. Bounded: when a generation is full, the one before it is dropped;
/// what is used moves on. Safe for concurrent use.
/// </summary>
/// <remarks>
/// An id never gets another key while it exists, and a dataset's key is never used again. An id may be deleted, though: every entry is
/// valid in one key epoch of its dataset only, and whoever writes by a key makes sure that this epoch still lasts.
/// </remarks>
/// <param name="capacity">Entries at most, of which each costs about 120 bytes.</param>
internal sealed class KeyCache(int capacity)
{
    private readonly Lock _turn = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    /// <summary>The keys of a dataset in one epoch.</summary>
    public Map Of(long datasetKey, long epoch) => new(this, _young, _young.Of(datasetKey, epoch), _old.Of(datasetKey, epoch));

    private void Counted(Generation generation)
    {
        if (Interlocked.Increment(ref generation.Count) < capacity / 2)
        {
            return;
        }

        lock (_turn)
        {
            if (_young == generation)
            {
                _old = generation;
                _young = new Generation();
            }
        }
    }

    /// <summary>A dataset's keys in one epoch; to be used for one batch and let go.</summary>
    internal readonly struct Map
    {
        private readonly KeyCache _cache;
        private readonly Generation _generation;
        private readonly ConcurrentDictionary<string, long> _young;
        private readonly ConcurrentDictionary<string, long> _old;

        internal Map(KeyCache cache, Generation generation, ConcurrentDictionary<string, long> young, ConcurrentDictionary<string, long> old)
        {
            (_cache, _generation, _young, _old) = (cache, generation, young, old);
        }

        public bool TryGet(string externalId, out long key)
        {
            if (_young.TryGetValue(externalId, out key))
            {
                return true;
            }

            if (_old.TryGetValue(externalId, out key))
            {
                Add(externalId, key);
                return true;
            }

            return false;
        }

        public void Add(string externalId, long key)
        {
            if (_young.TryAdd(externalId, key))
            {
                _cache.Counted(_generation);
            }
        }
    }

    internal sealed class Generation
    {
        private readonly ConcurrentDictionary<(long Dataset, long Epoch), ConcurrentDictionary<string, long>> _maps = new();

        public int Count;

        public ConcurrentDictionary<string, long> Of(long datasetKey, long epoch) =>
            _maps.GetOrAdd((datasetKey, epoch), static _ => new ConcurrentDictionary<string, long>());
    }
}
