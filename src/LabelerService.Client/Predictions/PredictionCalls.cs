using System.Runtime.CompilerServices;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Predicts items with trained models.</summary>
/// <remarks>Models are named <c>datasets/D/models/M</c> (their champion) or <c>datasets/D/models/M/versions/V</c>.</remarks>
public sealed class PredictionCalls
{
    private readonly ServiceConnection _connection;

    internal PredictionCalls(ServiceConnection connection) => _connection = connection;

    /// <summary>Predicts one item.</summary>
    /// <param name="model">Name of the model or version.</param>
    /// <param name="item">The item.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The prediction.</returns>
    /// <exception cref="LabelerException">There is no such model or item, or the item is not what the model takes.</exception>
    public async Task<PredictedItem> PredictAsync(
        string model, ItemContent item, PredictionOptions? options = null, CancellationToken cancellationToken = default) =>
        (await PredictAsync(model, [item], options, cancellationToken))[0];

    /// <summary>Predicts up to 10,000 items of one kind in one call.</summary>
    /// <param name="model">Name of the model or version.</param>
    /// <param name="items">The items, at least one.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The predictions, in the order of the items, all by one version.</returns>
    /// <exception cref="LabelerException">There is no such model or item, or an item is not what the model takes.</exception>
    public async Task<IReadOnlyList<PredictedItem>> PredictAsync(
        string model, IReadOnlyList<ItemContent> items, PredictionOptions? options = null, CancellationToken cancellationToken = default) =>
        PredictedItem.Of((await PredictBatchAsync(model, items, options, cancellationToken)).Predictions);

    /// <summary>Predicts up to 10,000 items of one kind in one call, and gives the answer as it came, with all outputs asked for.</summary>
    /// <param name="model">Name of the model or version.</param>
    /// <param name="items">The items, at least one.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The version that answered and its predictions, column by column.</returns>
    /// <exception cref="LabelerException">There is no such model or item, or an item is not what the model takes.</exception>
    public Task<BatchPredictResponse> PredictBatchAsync(
        string model, IReadOnlyList<ItemContent> items, PredictionOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = PredictionRequests.Of(model, items, options ?? new PredictionOptions());
        return Calls.RunAsync(
            async () => await _connection.Predictions.BatchPredictAsync(request, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Predicts any number of items over a stream, a few messages ahead of the answers that are taken. After a break what was not answered is
    /// asked again, for as long as <see cref="RetrySettings.LongestOutage"/> allows.
    /// </summary>
    /// <param name="model">Name of the model or version. A model's champion may change between two messages; name a version to pin it.</param>
    /// <param name="items">The items; read no further ahead than a few messages.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The predictions, in the order of the items.</returns>
    /// <exception cref="LabelerException">There is no such model or item, an item is not what the model takes, or the service stayed away.</exception>
    public async IAsyncEnumerable<PredictedItem> PredictAsync(
        string model, IAsyncEnumerable<ItemContent> items, PredictionOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var requests = PredictionRequests.GroupAsync(items).Select(group => PredictionRequests.Of(model, group, options ?? new PredictionOptions()));
        await foreach (var answer in new PredictionStream(_connection).AskAsync(requests, cancellationToken))
        {
            foreach (var prediction in PredictedItem.Of(answer.Predictions))
            {
                yield return prediction;
            }
        }
    }
}
