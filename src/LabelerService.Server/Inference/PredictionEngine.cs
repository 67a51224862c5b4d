using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Inference.Batching;
using LabelerService.Server.Inference.Routing;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Inference;

/// <summary>
/// Predicts with resident models: the <see cref="RouteTable"/> says which version answers, the <see cref="ModelCache"/> has it loaded, the
/// <see cref="PredictionScheduler"/> runs it. Callers check themselves that whoever asks may see the dataset.
/// </summary>
internal sealed class PredictionEngine(RouteTable routes, ModelStore models, ModelCache cache, PredictionScheduler scheduler, CanaryDraw draw)
{
    /// <summary>Decides which version of a model answers, and pins it. No database call where the version is resident.</summary>
    /// <param name="datasetId">Id of the dataset.</param>
    /// <param name="modelId">Id of the model.</param>
    /// <param name="version">Version; null follows the alias.</param>
    /// <param name="alias">
    /// Alias; null or empty for the champion, or the canary in its share of the calls; not used with a version.
    /// </param>
    /// <param name="field">Path of the model's name in the request.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NOT_FOUND naming <c>dataset</c> or the field.</exception>
    public ValueTask<PinnedModel> PinAsync(
        string datasetId, string modelId, int? version, string? alias, string field, CancellationToken cancel) =>
        PinAsync(datasetId, modelId, version, alias, field, itemId: null, cancel);

    /// <summary>As the other, for a stored item: between champion and canary, the same item always gets the same.</summary>
    public ValueTask<PinnedModel> PinAsync(
        string datasetId, string modelId, int? version, string? alias, string field, string? itemId, CancellationToken cancel)
    {
        if (routes.Find(datasetId, modelId) is { } route)
        {
            route.LastUse = Environment.TickCount64;
            if (route.Choose(version, alias, itemId, draw) is { } number && route.Versions.TryGetValue(number, out var record)
                && cache.TryBorrow(route.Dataset, record) is { } resident)
            {
                return new ValueTask<PinnedModel>(new PinnedModel(route.Dataset, resident));
            }
        }

        return PinUnknownAsync(datasetId, modelId, version, alias, field, itemId, cancel);
    }

    /// <summary>Predicts items.</summary>
    /// <param name="model">The version.</param>
    /// <param name="features">Features, row-major [count, D], every value finite; not to be changed before the task is done.</param>
    /// <param name="count">Number of items, at least 1.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="cancel">Cancels what has not begun.</param>
    /// <exception cref="ServiceException">RESOURCE_EXHAUSTED: too much waits; says when to call again.</exception>
    public ValueTask<PredictedItems> PredictAsync(
        PinnedModel model, ReadOnlyMemory<float> features, int count, PredictionOptions options, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(features.Length, count * model.Session.Manifest.FeatureLength);
        return scheduler.RunAsync(
            model.Session.Lane(options.Distilled, options.Background, ready: !model.TakesValues), features, count, options, cancel);
    }

    /// <summary>Predicts items of any kind: the version's encoder makes rows of them.</summary>
    /// <param name="model">The version.</param>
    /// <param name="items">
    /// The items, at least one; <see cref="PinnedModel.Encoder"/> has no problem with any. Not to be changed before the task is done.
    /// </param>
    /// <param name="options">What to compute.</param>
    /// <param name="cancel">Cancels what has not begun.</param>
    /// <exception cref="ServiceException">RESOURCE_EXHAUSTED: too much waits; says when to call again.</exception>
    public ValueTask<PredictedItems> PredictAsync(
        PinnedModel model, ReadOnlyMemory<RawItem> items, PredictionOptions options, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items.Length, 1);
        return scheduler.RunAsync(model.Session.Lane(options.Distilled, options.Background), items, options, cancel);
    }

    /// <summary>Predicts what a request holds.</summary>
    /// <exception cref="ServiceException">RESOURCE_EXHAUSTED: too much waits; says when to call again.</exception>
    public ValueTask<PredictedItems> PredictAsync(PinnedModel model, PredictionInput input, PredictionOptions options, CancellationToken cancel) =>
        input.Items.IsEmpty
            ? PredictAsync(model, input.Rows, input.Count, options, cancel)
            : scheduler.RunAsync(model.Session.Lane(options.Distilled, options.Background), input.Rows, input.Items, input.Known, options, cancel);

    private async ValueTask<PinnedModel> PinUnknownAsync(
        string datasetId, string modelId, int? version, string? alias, string field, string? itemId, CancellationToken cancel)
    {
        var route = routes.Find(datasetId, modelId);
        for (var fresh = false; ; fresh = true)
        {
            // What memory does not know may be new, and what it knows may be gone: the second time the database is asked.
            if (route is null || fresh)
            {
                route = await routes.ReadAsync(datasetId, modelId, field, cancel);
                fresh = true;
            }

            try
            {
                if (route.Choose(version, alias, itemId, draw) is { } number)
                {
                    if (!route.Versions.TryGetValue(number, out var record))
                    {
                        record = await models.GetVersionAsync(route.Dataset, modelId, number, cancel);
                        route.Versions[number] = record;
                    }

                    return new PinnedModel(route.Dataset, await cache.BorrowAsync(route.Dataset, record, cancel));
                }

                if (fresh)
                {
                    // The store knows how to say what is missing.
                    _ = version is { } named
                        ? await models.GetVersionAsync(route.Dataset, modelId, named, cancel)
                        : await models.GetVersionByAliasAsync(
                            route.Dataset, modelId, string.IsNullOrEmpty(alias) ? ModelAliases.Champion : alias, cancel);
                }
            }
            catch (ServiceException error) when (error.Kind == ErrorKind.NotFound && !fresh)
            {
                // Deleted since the route was read.
            }
            catch (ServiceException error) when (error.Kind == ErrorKind.NotFound)
            {
                throw error.NamedBy(field);
            }
        }
    }
}
