using System.Collections.Concurrent;
using LabelerService.Contracts;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>How many models stay loaded.</summary>
/// <param name="Count">Versions at most.</param>
/// <param name="Bytes">Memory that they are estimated to take at most; one version is kept, however large.</param>
internal sealed record ResidencyLimits(int Count = 32, long Bytes = 2L * 1024 * 1024 * 1024);

/// <summary>
/// The model versions that are loaded, within limits; the one used longest ago goes first. A session in use is disposed only when its last
/// user gives it back.
/// </summary>
internal sealed partial class ModelCache(
    ArtefactStore artefacts, ItemEncoders encoders, ResidencyLimits limits, TimeProvider time, ILogger<ModelCache> logger)
    : IDisposable
{
    // The graph's weights lie in memory as they are and packed for the matrix products.
    private const int MemoryOfArtefact = 2;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Key, Resident> _residents = new();

    /// <summary>Versions that are loaded or being loaded.</summary>
    public int Count => _residents.Count;

    /// <summary>Borrows a version that is loaded; null if it is not.</summary>
    public Resident? TryBorrow(DatasetRecord dataset, ModelVersionRecord version)
    {
        if (_residents.TryGetValue(new Key(dataset.Uid, version.ModelId, version.Version), out var resident)
            && resident.IsLoaded && resident.TryAcquire())
        {
            resident.LastUse = Environment.TickCount64;
            return resident;
        }

        return null;
    }

    /// <summary>Borrows a version, loading it if it is not there. Release it to give it back.</summary>
    public async Task<Resident> BorrowAsync(DatasetRecord dataset, ModelVersionRecord version, CancellationToken cancel)
    {
        var key = new Key(dataset.Uid, version.ModelId, version.Version);
        while (true)
        {
            // Others may wait for the same load, so one caller's cancellation must not end it.
            var resident = _residents.GetOrAdd(
                key, static (_, state) => new Resident(state.version, ResourceName.ModelVersion(state.dataset.Id, state.version.ModelId, state.version.Version), new(() => state.cache.LoadAsync(state.dataset, state.version))),
                (cache: this, dataset, version));
            if (!resident.TryAcquire())
            {
                // Evicted between look-up and here; whoever evicts takes it out too.
                _residents.TryRemove(KeyValuePair.Create(key, resident));
                continue;
            }

            resident.LastUse = Environment.TickCount64;
            EvictBeyondLimits(resident);
            try
            {
                await resident.Load.Value.WaitAsync(cancel);
                return resident;
            }
            catch
            {
                if (resident.Load.Value is { IsFaulted: true })
                {
                    Evict(key, resident);
                }

                resident.Release();
                throw;
            }
        }
    }

    /// <summary>Lets go of versions of a model: those there are no more.</summary>
    public void Forget(Guid dataset, string model, Func<int, bool> gone)
    {
        foreach (var (key, resident) in _residents)
        {
            if (key.Dataset == dataset && key.Model == model && gone(key.Version))
            {
                Evict(key, resident);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (key, resident) in _residents)
        {
            Evict(key, resident);
        }
    }

    private async Task<ModelSession> LoadAsync(DatasetRecord dataset, ModelVersionRecord version)
    {
        var started = time.GetTimestamp();
        var onnx = await artefacts.ReadAsync(version.ArtefactSha256, CancellationToken.None);
        var encoder = await encoders.BorrowAsync(dataset, version, CancellationToken.None);
        ModelSession session;
        try
        {
            session = await Task.Run(() => Load(onnx, version, encoder));
        }
        catch
        {
            encoder?.Dispose();
            throw;
        }

        LogLoaded(dataset.Id, version.ModelId, version.Version, onnx.Length, time.GetElapsedTime(started).TotalMilliseconds);
        return session;
    }

    private static ModelSession Load(byte[] onnx, ModelVersionRecord version, LoadedEncoder? encoder)
    {
        var loaded = new ModelSession(onnx, version.Manifest, encoder);
        loaded.WarmUp();
        return loaded;
    }

    private void EvictBeyondLimits(Resident newest)
    {
        if (_residents.Count <= 1)
        {
            return;
        }

        lock (_gate)
        {
            while (true)
            {
                var (count, bytes) = (0, 0L);
                KeyValuePair<Key, Resident>? oldest = null;
                foreach (var entry in _residents)
                {
                    count++;
                    bytes += (entry.Value.Version.ArtefactLength * MemoryOfArtefact) + (entry.Value.IsLoaded ? entry.Value.Session.EncoderBytes : 0);
                    if (entry.Value != newest && (oldest is null || entry.Value.LastUse < oldest.Value.Value.LastUse))
                    {
                        oldest = entry;
                    }
                }

                if (oldest is not { } gone || (count <= limits.Count && bytes <= limits.Bytes))
                {
                    return;
                }

                Evict(gone.Key, gone.Value);
            }
        }
    }

    private void Evict(Key key, Resident resident)
    {
        _residents.TryRemove(KeyValuePair.Create(key, resident));
        resident.Evict();
    }

    [LoggerMessage(EventId = 200, Level = LogLevel.Information,
        Message = "Loaded datasets/{Dataset}/models/{Model}/versions/{Version}: {Bytes} bytes in {Milliseconds:F1} ms.")]
    private partial void LogLoaded(string dataset, string model, int version, int bytes, double milliseconds);

    private readonly record struct Key(Guid Dataset, string Model, int Version);
}

/// <summary>A version that is loaded or being loaded, and how many use it.</summary>
/// <param name="version">The version.</param>
/// <param name="name">Its resource name.</param>
/// <param name="load">Loads it, once.</param>
internal sealed class Resident(ModelVersionRecord version, string name, Lazy<Task<ModelSession>> load)
{
    private const int Evicted = 1 << 30;

    // Users, and whether it is evicted: when both say that nobody will use it again, it is disposed.
    private int _state;

    public ModelVersionRecord Version => version;

    public string Name => name;

    public Lazy<Task<ModelSession>> Load => load;

    public bool IsLoaded => load.IsValueCreated && load.Value.IsCompletedSuccessfully;

    /// <summary>The session; for users who have waited for the load.</summary>
    public ModelSession Session => load.Value.Result;

    /// <summary>Milliseconds of a monotonous clock.</summary>
    public long LastUse { get; set; }

    /// <summary>Counts one more user; false if it is evicted.</summary>
    public bool TryAcquire()
    {
        var state = Volatile.Read(ref _state);
        while ((state & Evicted) == 0)
        {
            var seen = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (seen == state)
            {
                return true;
            }

            state = seen;
        }

        return false;
    }

    /// <summary>Counts one user less.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _state) == Evicted)
        {
            DisposeLoaded();
        }
    }

    /// <summary>Nobody can acquire it any more.</summary>
    public void Evict()
    {
        if (Interlocked.Or(ref _state, Evicted) == 0)
        {
            DisposeLoaded();
        }
    }

    // One that never loaded has nothing to dispose of. Elsewhere: the last user is a request.
    private void DisposeLoaded()
    {
        if (load.IsValueCreated)
        {
            _ = load.Value.ContinueWith(
                static loaded => loaded.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
        }
    }
}
