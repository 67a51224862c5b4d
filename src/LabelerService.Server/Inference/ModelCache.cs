using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>
/// The model versions that are loaded, at most <see cref="Capacity"/>; the one used longest ago goes first. A session in use is disposed
/// only when its last user gives it back.
/// </summary>
internal sealed partial class ModelCache(ArtefactStore artefacts, ILogger<ModelCache> logger) : IDisposable
{
    /// <summary>Most versions loaded at once.</summary>
    public const int Capacity = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid Dataset, string Model, int Version), Entry> _entries = [];
    private long _clock;

    /// <summary>Borrows a version's session, loading it if it is not there. Dispose the lease to give it back.</summary>
    public async Task<Lease> BorrowAsync(DatasetRecord dataset, ModelVersionRecord version, CancellationToken cancel)
    {
        var key = (dataset.Uid, version.ModelId, version.Version);
        Entry entry;
        Entry? evicted = null;
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out entry!))
            {
                evicted = EvictIfFull();

                // Others may wait for the same load, so one caller's cancellation must not end it.
                entry = new Entry(new Lazy<Task<ModelSession>>(() => LoadAsync(dataset, version)));
                _entries[key] = entry;
            }

            entry.Users++;
            entry.LastUse = ++_clock;
        }

        if (evicted is not null)
        {
            // Nobody uses it any more; whether it ever loaded is not this caller's concern.
            DisposeLoaded(evicted);
        }

        try
        {
            var session = await entry.Session.Value.WaitAsync(cancel);
            return new Lease(this, entry, session);
        }
        catch
        {
            var failed = entry.Session.Value is { IsFaulted: true };
            Return(entry, failed ? key : null);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values)
            {
                // One that is still in use goes when its user gives it back.
                entry.Evicted = true;
                if (entry is { Users: 0, Session: { IsValueCreated: true, Value.IsCompletedSuccessfully: true } })
                {
                    entry.Session.Value.Result.Dispose();
                }
            }

            _entries.Clear();
        }
    }

    private async Task<ModelSession> LoadAsync(DatasetRecord dataset, ModelVersionRecord version)
    {
        var started = TimeProvider.System.GetTimestamp();
        var onnx = await artefacts.ReadAsync(version.ArtefactSha256, CancellationToken.None);
        var session = await Task.Run(() => new ModelSession(onnx, version.Manifest));
        LogLoaded(dataset.Id, version.ModelId, version.Version, onnx.Length, TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
        return session;
    }

    private Entry? EvictIfFull()
    {
        if (_entries.Count < Capacity)
        {
            return null;
        }

        var (oldest, entry) = _entries.MinBy(pair => pair.Value.LastUse);
        _entries.Remove(oldest);
        entry.Evicted = true;
        return entry.Users == 0 ? entry : null;
    }

    private void Return(Entry entry, (Guid, string, int)? failed = null)
    {
        bool dispose;
        lock (_gate)
        {
            if (failed is { } key && _entries.TryGetValue(key, out var current) && current == entry)
            {
                _entries.Remove(key);
                entry.Evicted = true;
            }

            dispose = --entry.Users == 0 && entry.Evicted;
        }

        if (dispose)
        {
            DisposeLoaded(entry);
        }
    }

    // One that never loaded has nothing to dispose; one that is still loading is disposed when it has.
    private static void DisposeLoaded(Entry entry) => _ = entry.Session.Value.ContinueWith(
        static load => load.Result.Dispose(), CancellationToken.None,
        TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    [LoggerMessage(EventId = 200, Level = LogLevel.Information,
        Message = "Loaded datasets/{Dataset}/models/{Model}/versions/{Version}: {Bytes} bytes in {Milliseconds:F1} ms.")]
    private partial void LogLoaded(string dataset, string model, int version, int bytes, double milliseconds);

    /// <summary>A borrowed session.</summary>
    internal readonly struct Lease(ModelCache cache, Entry entry, ModelSession session) : IDisposable
    {
        /// <summary>The session.</summary>
        public ModelSession Session { get; } = session;

        /// <inheritdoc/>
        public void Dispose() => cache.Return(entry);
    }

    /// <summary>A version that is loaded or being loaded.</summary>
    internal sealed class Entry(Lazy<Task<ModelSession>> session)
    {
        public Lazy<Task<ModelSession>> Session { get; } = session;

        public int Users { get; set; }

        public long LastUse { get; set; }

        public bool Evicted { get; set; }
    }
}
