namespace LabelerService.Server.Insight;

/// <summary>A version of a model, for good: a dataset that is deleted and created again has another uid.</summary>
/// <param name="Dataset">Uid of the dataset.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Version">The version.</param>
internal readonly record struct ModelVoteKey(Guid Dataset, string ModelId, int Version);

/// <summary>
/// What versions said last, within a bound of bytes; what was used longest ago goes first. One caller at a time works on a version, and the
/// next takes over what it has found out.
/// </summary>
/// <param name="mostBytes">Bytes of all that is kept. What is larger by itself is not kept.</param>
internal sealed class ModelVoteCache(long mostBytes = 256L << 20)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelVoteKey, Place> _places = [];
    private long _clock;

    /// <summary>Bytes kept.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _places.Values.Sum(place => place.Rows?.Bytes ?? 0);
            }
        }
    }

    /// <summary>Waits for a version's turn. Dispose what it returns to let the next one in.</summary>
    public async Task<Turn> EnterAsync(ModelVoteKey key, CancellationToken cancel)
    {
        Place? place;
        lock (_gate)
        {
            if (!_places.TryGetValue(key, out place))
            {
                _places.Add(key, place = new Place());
            }

            place.Users++;
        }

        try
        {
            await place.Gate.WaitAsync(cancel);
        }
        catch
        {
            Leave(key, place);
            throw;
        }

        return new Turn(this, key, place);
    }

    private void Keep(Place place, ModelVoteRows rows)
    {
        lock (_gate)
        {
            place.Rows = rows.Bytes <= mostBytes ? rows : null;
            place.LastUse = ++_clock;
            var bytes = _places.Values.Sum(other => other.Rows?.Bytes ?? 0);
            while (bytes > mostBytes)
            {
                var (key, oldest) = _places.Where(pair => pair.Value.Rows is not null).MinBy(pair => pair.Value.LastUse);
                bytes -= oldest.Rows!.Bytes;
                oldest.Rows = null;
                if (oldest.Users == 0)
                {
                    _places.Remove(key);
                }
            }
        }
    }

    private void Leave(ModelVoteKey key, Place place)
    {
        lock (_gate)
        {
            if (--place.Users == 0 && place.Rows is null)
            {
                _places.Remove(key);
            }
        }
    }

    /// <summary>One caller's turn at a version.</summary>
    internal sealed class Turn(ModelVoteCache cache, ModelVoteKey key, object place) : IDisposable
    {
        private readonly Place _place = (Place)place;

        /// <summary>What the version said last; null if that is not known.</summary>
        public ModelVoteRows? Rows => _place.Rows;

        /// <summary>Keeps what it says now.</summary>
        public void Keep(ModelVoteRows rows) => cache.Keep(_place, rows);

        /// <inheritdoc/>
        public void Dispose()
        {
            _place.Gate.Release();
            cache.Leave(key, _place);
        }
    }

    private sealed class Place
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Users { get; set; }

        public ModelVoteRows? Rows { get; set; }

        public long LastUse { get; set; }
    }
}
