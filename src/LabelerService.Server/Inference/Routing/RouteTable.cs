using System.Collections.Concurrent;
using LabelerService.Contracts;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference.Routing;

/// <summary>
/// Routes of the models that are asked for, in memory: deciding which version answers costs no database call. Only what exists is
/// remembered; a name that is not known is looked up each time, so that what is new can be used at once. A changed route takes its place
/// when the version that it leads to is loaded: until then the old one answers.
/// </summary>
internal sealed partial class RouteTable(
    DatasetStore datasets, ModelStore models, ModelCache cache, ILogger<RouteTable> logger) : IDisposable
{
    private const int Capacity = 10_000;

    // One refresh after the other: an older state must not come after a newer one.
    private readonly SemaphoreSlim _refresh = new(1, 1);
    private readonly ConcurrentDictionary<(string Dataset, string Model), Route> _routes = new();
    private readonly ConcurrentDictionary<(string Dataset, string Model), bool> _heldBack = new();
    private int _refreshes;

    /// <summary>Routes in memory.</summary>
    public int Count => _routes.Count;

    /// <summary>Models whose new route is not taken, since the version that it leads to cannot be loaded: the old one goes on answering.</summary>
    public int HeldBack => _heldBack.Count;

    /// <summary>The route that is in memory; null if there is none.</summary>
    public Route? Find(string datasetId, string modelId) => _routes.GetValueOrDefault((datasetId, modelId));

    /// <summary>Reads a route anew.</summary>
    /// <param name="datasetId">Id of the dataset.</param>
    /// <param name="modelId">Id of the model.</param>
    /// <param name="field">Path of the model's name in the request.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NOT_FOUND naming <c>dataset</c> or the field.</exception>
    public async Task<Route> ReadAsync(string datasetId, string modelId, string field, CancellationToken cancel)
    {
        var key = (datasetId, modelId);
        if (_routes.ContainsKey(key))
        {
            await RefreshAsync(() => [key], cancel);
            if (_routes.TryGetValue(key, out var known))
            {
                return known;
            }
        }

        var refreshes = Volatile.Read(ref _refreshes);
        var dataset = await datasets.FindAsync(datasetId, cancel)
            ?? throw ServiceException.NotFound(
                "dataset", ResourceName.Dataset(datasetId), "Create it first, or list the datasets to see what there is.");
        var states = await models.ReadRoutesAsync([key], cancel);
        if (states.Count == 0 || states[0].DatasetUid != dataset.Uid)
        {
            throw ServiceException.NotFound(field, ResourceName.Model(datasetId, modelId), "Train it first, or list the dataset's models.");
        }

        MakeRoom();
        var route = _routes.GetOrAdd(key, new Route(dataset, states[0]));
        if (refreshes != Volatile.Read(ref _refreshes))
        {
            // A notice that came while this was read was not for a route that was not there yet.
            await RefreshAsync(() => [key], cancel);
        }

        return _routes.GetValueOrDefault(key, route);
    }

    /// <summary>Brings all routes up to date.</summary>
    public Task RefreshAsync(CancellationToken cancel) => RefreshAsync(() => [.. _routes.Keys], cancel);

    /// <summary>Brings all routes up to date after a change made here; what goes wrong is made up for by the next refresh.</summary>
    public async Task CatchUpAsync(CancellationToken cancel)
    {
        try
        {
            await RefreshAsync(cancel);
        }
        catch (ServiceException error)
        {
            LogPutOff(error.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _refresh.Dispose();

    private async Task RefreshAsync(Func<(string Dataset, string Model)[]> which, CancellationToken cancel)
    {
        Interlocked.Increment(ref _refreshes);
        await _refresh.WaitAsync(cancel);
        try
        {
            var keys = which();
            var states = (await models.ReadRoutesAsync(keys, cancel)).ToDictionary(state => (state.DatasetId, state.ModelId));
            await Task.WhenAll(keys.Select(key => TakeAsync(key, states.GetValueOrDefault(key), cancel)));
        }
        finally
        {
            _refresh.Release();
        }
    }

    private async Task TakeAsync((string Dataset, string Model) key, ModelRouteState? state, CancellationToken cancel)
    {
        if (!_routes.TryGetValue(key, out var old) || (state is not null && old.IsLike(state)))
        {
            _heldBack.TryRemove(key, out _);
            return;
        }

        if (state is null || state.DatasetUid != old.State.DatasetUid || state.LastErasure != old.State.LastErasure)
        {
            // After an erasure all is read anew: what was known of versions names a labeler who has no name any more.
            _routes.TryRemove(KeyValuePair.Create(key, old));
            _heldBack.TryRemove(key, out _);
            cache.Forget(old.State.DatasetUid, key.Model, _ => true);
            return;
        }

        var route = new Route(old.Dataset, state) { LastUse = old.LastUse };
        foreach (var (number, record) in old.Versions)
        {
            if (state.Versions.Contains(number))
            {
                route.Versions[number] = record;
            }
        }

        if (!await LoadTargetsAsync(old, route, cancel))
        {
            // The old version goes on answering; the next refresh tries again.
            _heldBack[key] = true;
            return;
        }

        _routes[key] = route;
        _heldBack.TryRemove(key, out _);
        cache.Forget(state.DatasetUid, key.Model, version => !state.Versions.Contains(version));
        LogChanged(key.Dataset, key.Model, state.Route.Aliases.GetValueOrDefault(ModelAliases.Champion), state.Route.CanaryVersion ?? 0);
    }

    // What requests lead to now is loaded before they do: the champion, the canary, and what was used under another alias.
    private async Task<bool> LoadTargetsAsync(Route old, Route route, CancellationToken cancel)
    {
        var targets = new HashSet<int>();
        foreach (var (alias, version) in route.State.Route.Aliases)
        {
            if (!old.State.Route.Aliases.TryGetValue(alias, out var before)
                ? alias == ModelAliases.Champion
                : before != version && old.Versions.ContainsKey(before))
            {
                targets.Add(version);
            }
        }

        if (route.State.Route.CanaryVersion is { } canary && canary != old.State.Route.CanaryVersion)
        {
            targets.Add(canary);
        }

        foreach (var target in targets)
        {
            try
            {
                var record = await models.GetVersionAsync(route.Dataset, route.State.ModelId, target, cancel);
                (await cache.BorrowAsync(route.Dataset, record, cancel)).Release();
                route.Versions[target] = record;
            }
            catch (Exception error) when (error is ServiceException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
            {
                LogNotLoaded(route.Dataset.Id, route.State.ModelId, target, error.Message);

                // If what answers now is gone, there is nothing to hold on to.
                return !old.State.Versions.IsSubsetOf(route.State.Versions);
            }
        }

        return true;
    }

    private void MakeRoom()
    {
        while (_routes.Count >= Capacity)
        {
            var oldest = _routes.MinBy(pair => pair.Value.LastUse);
            _routes.TryRemove(oldest);
            _heldBack.TryRemove(oldest.Key, out _);
        }
    }

    [LoggerMessage(EventId = 210, Level = LogLevel.Information,
        Message = "datasets/{Dataset}/models/{Model}: version {Champion} answers, canary {Canary} (0 for none).")]
    private partial void LogChanged(string dataset, string model, int champion, int canary);

    [LoggerMessage(EventId = 211, Level = LogLevel.Error,
        Message = "datasets/{Dataset}/models/{Model}/versions/{Version} is to answer and cannot be loaded; the version before goes on: {Problem}")]
    private partial void LogNotLoaded(string dataset, string model, int version, string problem);

    [LoggerMessage(EventId = 212, Level = LogLevel.Warning, Message = "The models' routes could not be read: {Problem}")]
    private partial void LogPutOff(string problem);
}
