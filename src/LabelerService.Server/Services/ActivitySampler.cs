using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;

namespace LabelerService.Server.Services;

/// <summary>
/// Looks at datasets for those who watch them. All watchers of a dataset share one look: whoever comes within <see cref="Freshness"/> of
/// the last one gets what it found. Nothing runs by itself, and what is kept of a dataset goes with its last watcher.
/// </summary>
internal sealed class ActivitySampler(DatasetStore store, TimeProvider time)
{
    // Shorter than the shortest interval, so that a watcher's next look is always a new one.
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Watched> _watched = [];

    /// <summary>Datasets that are kept.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _watched.Count;
            }
        }
    }

    /// <summary>Begins to watch a dataset. The end of it is to be disposed of.</summary>
    public Watch Begin(DatasetRecord dataset)
    {
        lock (_gate)
        {
            if (!_watched.TryGetValue(dataset.Key, out var watched))
            {
                _watched.Add(dataset.Key, watched = new Watched());
            }

            watched.Watchers++;
            return new Watch(this, dataset, watched);
        }
    }

    private async Task<ActivitySample> LookAsync(DatasetRecord dataset, Watched watched, CancellationToken cancel)
    {
        await watched.Turn.WaitAsync(cancel);
        try
        {
            if (watched.Last is { } last && time.GetElapsedTime(watched.Looked) < Freshness)
            {
                return last;
            }

            var looked = time.GetTimestamp();
            var found = await store.ActivityAsync(dataset, cancel) ?? throw DatasetResolver.Missing(dataset.Id, "name");
            (watched.Last, watched.Looked) = (found, looked);
            return found;
        }
        finally
        {
            watched.Turn.Release();
        }
    }

    private void End(DatasetRecord dataset, Watched watched)
    {
        lock (_gate)
        {
            if (--watched.Watchers == 0)
            {
                _watched.Remove(dataset.Key);
            }
        }
    }

    /// <summary>One watcher's view of a dataset.</summary>
    public sealed class Watch : IDisposable
    {
        private readonly ActivitySampler _sampler;
        private readonly DatasetRecord _dataset;
        private readonly Watched _watched;

        internal Watch(ActivitySampler sampler, DatasetRecord dataset, Watched watched) => (_sampler, _dataset, _watched) = (sampler, dataset, watched);

        /// <summary>What the dataset holds now.</summary>
        /// <exception cref="ServiceException">NOT_FOUND: it was deleted.</exception>
        public Task<ActivitySample> LookAsync(CancellationToken cancel) => _sampler.LookAsync(_dataset, _watched, cancel);

        /// <inheritdoc/>
        public void Dispose() => _sampler.End(_dataset, _watched);
    }

    // Nothing ever asks the semaphore for its handle, so there is nothing in it to dispose of.
    internal sealed class Watched
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public int Watchers { get; set; }

        public ActivitySample? Last { get; set; }

        public long Looked { get; set; }
    }
}
