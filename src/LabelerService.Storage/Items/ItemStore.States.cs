using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Items;

/// <summary>Items that have features, or a text where they are texts, by ascending key; parallel arrays.</summary>
/// <param name="Keys">Their keys.</param>
/// <param name="Times">When each was last written, as UTC ticks: as long as this is the same, so are the features.</param>
public sealed record FeatureTimes(long[] Keys, long[] Times);

public sealed partial class ItemStore
{
    private const int KeysAtOnce = 20_000;

    /// <summary>Tells which items have features, and since when they may have these; reads no features.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="itemKeys">Keys of items, ascending.</param>
    /// <param name="cancel">Cancels between statements.</param>
    public async Task<FeatureTimes> ReadFeatureTimesAsync(DatasetRecord dataset, ReadOnlyMemory<long> itemKeys, CancellationToken cancel)
    {
        var (keys, times) = (new List<long>(itemKeys.Length), new List<long>(itemKeys.Length));
        for (var start = 0; start < itemKeys.Length; start += KeysAtOnce)
        {
            var part = itemKeys.Slice(start, Math.Min(KeysAtOnce, itemKeys.Length - start)).ToArray();
            var rows = await _db.RunAsync(
                (connection, token) => Sql.Command(
                    connection,
                    $"""
                    SELECT item_key, update_time FROM items
                    WHERE dataset_id = $1 AND item_key = ANY($2) AND {ItemSource.Condition(dataset.Schema)} ORDER BY item_key
                    """,
                    dataset.Key, part).ListAsync(row => (row.GetInt64(0), row.GetFieldValue<DateTime>(1).Ticks), token),
                cancel);
            foreach (var (key, time) in rows)
            {
                keys.Add(key);
                times.Add(time);
            }
        }

        return new FeatureTimes([.. keys], [.. times]);
    }
}
