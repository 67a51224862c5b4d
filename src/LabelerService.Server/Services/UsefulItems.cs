using LabelerService.Contracts.V1;
using LabelerService.Core.Acquisition;
using LabelerService.Server.Insight;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Insight;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Services;

/// <summary>
/// Which items one labeler is best asked about next, as SuggestAnnotations has it where only this labeler is available. Nothing of other
/// labelers and no gold class comes out but the order, and gold classes have no part in that.
/// </summary>
internal sealed class UsefulItems(InsightCache cache, InsightEngine engine, InsightReader reader)
{
    /// <summary>Keys of items that the labeler has not annotated, the most useful first; fewer than asked for where no more are worth it.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="labelerId">The labeler's key, registered or not.</param>
    /// <param name="filter">Which items; empty for all.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<long>> RankAsync(
        DatasetRecord dataset, string labelerId, IReadOnlyList<ItemCondition> filter, int count, CancellationToken cancel)
    {
        var choice = InsightRequests.Choice(new InsightSettings(), dataset);
        var snapshot = await cache.CurrentAsync(dataset, null, cancel);
        var keys = snapshot.Data.ItemKeys;
        IReadOnlyList<int>? candidates = filter.Count == 0
            ? null : [.. Indexes(keys, await reader.ItemKeysAsync(dataset, new ItemFilter(Conditions: filter), cancel))];

        // Of a labeler who is not registered nothing is known: anybody.
        AvailableLabeler[]? labelers = snapshot.LabelerIndexes.TryGetValue(labelerId, out var labeler) ? [new AvailableLabeler(labeler)] : null;
        var options = new NextOptions { Count = count, MaxPerItem = 1, ClassNames = dataset.Schema.Classes };
        var (batch, _) = await engine.RankAsync(snapshot, new ConsensusKey(choice.Aggregator.Id, "", 0, false), candidates, labelers, options, null, cancel);
        return [.. batch.Annotations.Select(next => keys[next.Item])];
    }

    /// <summary>Indexes of those of the keys wanted that are there; both ascend.</summary>
    public static IEnumerable<int> Indexes(long[] keys, IReadOnlyList<long> wanted)
    {
        var at = 0;
        foreach (var key in wanted)
        {
            while (at < keys.Length && keys[at] < key)
            {
                at++;
            }

            if (at < keys.Length && keys[at] == key)
            {
                yield return at;
            }
        }
    }
}
