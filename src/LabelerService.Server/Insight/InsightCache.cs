using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Insight;

namespace LabelerService.Server.Insight;

/// <summary>
/// The states of datasets that were asked for, within a bound of bytes: of each dataset the newest, and the last two before it for lists
/// whose pages are still being turned. What was asked for longest ago goes first.
/// </summary>
internal sealed partial class InsightCache(InsightReader reader, InsightOptions options, TimeProvider time, ILogger<InsightCache> logger)
{
    private const int KeptBefore = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Place> _places = [];
    private long _clock;

    /// <summary>Memory that everything kept takes, by estimate.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _places.Values.SelectMany(place => place.Snapshots).Sum(snapshot => snapshot.Bytes);
            }
        }
    }

    /// <summary>
    /// The state that a dataset is in now: everything that was committed before the call is in it. Read once for all who ask for it.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="progress">Told how far the reading is.</param>
    /// <param name="cancel">Ends the waiting; and the reading, if nobody else waits.</param>
    /// <exception cref="ServiceException">NotFound; FailedPrecondition: too large.</exception>
    public async Task<InsightSnapshot> CurrentAsync(DatasetRecord dataset, IProgress<InsightProgress>? progress, CancellationToken cancel)
    {
        var now = await StateAsync(dataset, cancel);
        long? arrival = null;
        while (true)
        {
            SharedWork<InsightSnapshot> reading;
            long number;
            lock (_gate)
            {
                if (!_places.TryGetValue(dataset.Key, out var place))
                {
                    _places.Add(dataset.Key, place = new Place());
                }

                if (place.Snapshots.FirstOrDefault(snapshot => snapshot.Data.State == now) is { } known)
                {
                    known.LastUse = ++_clock;
                    return known;
                }

                arrival ??= place.Readings;
                if (place.Reading is not { IsDone: false } running || !running.TryEnter())
                {
                    var before = place.Newest;
                    running = new SharedWork<InsightSnapshot>((fan, token) => ReadAsync(dataset, before, fan, token));
                    place.Reading = running;
                    place.Readings++;
                }

                (reading, number) = (running, place.Readings);
            }

            var read = await reading.WaitAsync(progress, cancel);

            // A reading that was under way when the call came may not show what was committed just before it.
            if (number > arrival || read.Data.State == now)
            {
                return read;
            }
        }
    }

    /// <summary>A state that a list was begun with: while it is kept, or as long as the dataset is in it.</summary>
    /// <exception cref="ServiceException">ABORTED (STATE_GONE): neither.</exception>
    public async Task<InsightSnapshot> AtAsync(DatasetRecord dataset, string stateText, CancellationToken cancel)
    {
        if (Find(dataset, stateText) is { } kept)
        {
            return kept;
        }

        if (InsightSnapshot.Text(await StateAsync(dataset, cancel)) == stateText && await CurrentAsync(dataset, null, cancel) is var now
            && now.StateText == stateText)
        {
            return now;
        }

        throw new ServiceException(
            ErrorKind.Aborted, "STATE_GONE",
            $"datasets/{dataset.Id} has changed since this list was begun, and the server no longer has the state that it began with. Begin the list anew, "
            + "without page_token.",
            new FieldViolation("page_token", "is of a state that is gone"));
    }

    /// <summary>A state that is still kept; null if it is not.</summary>
    private InsightSnapshot? Find(DatasetRecord dataset, string stateText)
    {
        lock (_gate)
        {
            var found = _places.GetValueOrDefault(dataset.Key)?.Snapshots.FirstOrDefault(snapshot => snapshot.StateText == stateText);
            if (found is not null)
            {
                found.LastUse = ++_clock;
            }

            return found;
        }
    }

    private async Task<InsightState> StateAsync(DatasetRecord dataset, CancellationToken cancel)
    {
        try
        {
            return await reader.StateAsync(dataset, cancel);
        }
        catch (ServiceException error) when (error.Kind == ErrorKind.NotFound)
        {
            lock (_gate)
            {
                _places.Remove(dataset.Key);
            }

            throw;
        }
    }

    private async Task<InsightSnapshot> ReadAsync(
        DatasetRecord dataset, InsightSnapshot? before, IProgress<InsightProgress> progress, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        progress.Report(new InsightProgress(InsightProgress.Reading, 0));
        var read = await reader.ReadAsync(
            dataset, before?.Data, options.MaxAnnotations, InsightProgress.Of(InsightProgress.Reading, progress), cancel);
        if (before is not null && read.Kind == InsightReadKind.Unchanged)
        {
            return before;
        }

        var took = time.GetElapsedTime(started);
        var snapshot = new InsightSnapshot(dataset, read.Data, took, before, options.CacheBytes, Trim);
        LogRead(read.Kind, dataset.Id, read.RowsRead, read.Data.Table.Count, took.TotalMilliseconds);
        Keep(dataset, snapshot);
        progress.Report(new InsightProgress(InsightProgress.Reading, 1));
        return snapshot;
    }

    private void Keep(DatasetRecord dataset, InsightSnapshot snapshot)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(dataset.Key, out var place))
            {
                _places.Add(dataset.Key, place = new Place());
            }

            snapshot.LastUse = ++_clock;
            place.Snapshots.Insert(0, snapshot);
            if (place.Snapshots.Count > KeptBefore + 1)
            {
                place.Snapshots.RemoveRange(KeptBefore + 1, place.Snapshots.Count - KeptBefore - 1);
            }
        }

        Trim();
    }

    /// <summary>Forgets what was asked for longest ago until the rest fit. The one asked for last stays, however large it is.</summary>
    private void Trim()
    {
        lock (_gate)
        {
            var kept = _places.SelectMany(pair => pair.Value.Snapshots, (pair, snapshot) => (Place: pair.Value, Snapshot: snapshot, snapshot.Bytes))
                .OrderByDescending(entry => entry.Snapshot.LastUse).ToList();
            var bytes = kept.Sum(entry => entry.Bytes);
            for (var i = kept.Count - 1; i > 0 && bytes > options.CacheBytes; i--)
            {
                kept[i].Place.Snapshots.Remove(kept[i].Snapshot);
                bytes -= kept[i].Bytes;
                LogForgotten(kept[i].Snapshot.Dataset.Id, kept[i].Bytes);
            }

            foreach (var (key, _) in _places.Where(pair => pair.Value is { Snapshots.Count: 0, Reading: null or { IsDone: true } or { IsLost: true } }).ToList())
            {
                _places.Remove(key);
            }
        }
    }

    [LoggerMessage(EventId = 340, Level = LogLevel.Information, Message = "{Kind} reading of {Dataset} for insight: {Rows} rows of {Annotations} annotations in {Milliseconds:F0} ms.")]
    private partial void LogRead(InsightReadKind kind, string dataset, long rows, int annotations, double milliseconds);

    [LoggerMessage(EventId = 341, Level = LogLevel.Information, Message = "A state of {Dataset} and its insights are forgotten: {Bytes} bytes.")]
    private partial void LogForgotten(string dataset, long bytes);

    /// <summary>A dataset's states, the newest first.</summary>
    private sealed class Place
    {
        public List<InsightSnapshot> Snapshots { get; } = [];

        public InsightSnapshot? Newest => Snapshots.FirstOrDefault();

        public SharedWork<InsightSnapshot>? Reading { get; set; }

        /// <summary>Readings begun so far; the number of the one under way.</summary>
        public long Readings { get; set; }
    }
}
