using System.Runtime.CompilerServices;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;

namespace LabelerService.Storage.Items;

public sealed partial class ItemStore
{
    private const int PageBytes = 4 << 20;

    /// <summary>Reads the features of items in the order asked for; an id may appear more than once.</summary>
    /// <exception cref="ServiceException">
    /// NotFound naming <c>item_ids[i]</c>; FailedPrecondition naming it: the item has no features.
    /// </exception>
    public async Task<IReadOnlyList<ItemFeatures>> GetFeaturesAsync(
        DatasetRecord dataset, IReadOnlyList<string> itemIds, CancellationToken cancel)
    {
        var invalid = new Violations();
        for (var i = 0; i < itemIds.Count && !invalid.Full; i++)
        {
            if (TextRules.ExternalIdProblem(itemIds[i]) is { } problem)
            {
                invalid.Add($"item_ids[{i}]", problem);
            }
        }

        invalid.ThrowInvalid();
        var distinct = itemIds.Distinct().ToArray();
        var found = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                "SELECT item_key, external_id, gold_class, features, feature_encoding FROM items WHERE dataset_id = $1 AND external_id = ANY($2)",
                dataset.Key, distinct).ListAsync(ReadFeatures, token),
            cancel);
        var byId = found.ToDictionary(item => item.ItemId);
        var missing = new Violations();
        var result = new ItemFeatures[itemIds.Count];
        for (var i = 0; i < result.Length && !missing.Full; i++)
        {
            if (!byId.TryGetValue(itemIds[i], out var item))
            {
                missing.Add($"item_ids[{i}]", $"no such item in datasets/{dataset.Id}");
            }
            else if (item.Features.Length == 0)
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "ITEM_WITHOUT_FEATURES",
                    $"item_ids[{i}]: the item has no features. Write its features first.", new FieldViolation($"item_ids[{i}]", "has no features"));
            }
            else
            {
                result[i] = item;
            }
        }

        missing.ThrowNotFound("Write the items first, or list the dataset's items to see their ids.");
        return result;
    }

    /// <summary>Reads the features of items by key, by ascending key; items that are gone or have no features are left out.</summary>
    public async Task<IReadOnlyList<ItemFeatures>> GetFeaturesByKeyAsync(DatasetRecord dataset, IReadOnlyCollection<long> itemKeys, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT item_key, external_id, gold_class, features, feature_encoding FROM items
                WHERE dataset_id = $1 AND item_key = ANY($2) AND features IS NOT NULL ORDER BY item_key
                """,
                dataset.Key, itemKeys.ToArray()).ListAsync(ReadFeatures, token),
            cancel);

    /// <summary>Streams the items of a split that have features, by ascending key, a page of about 4 MiB at a time.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="split">The split; null streams all of them.</param>
    /// <param name="afterKey">Key of the last item already seen; 0 starts at the beginning.</param>
    /// <param name="cancel">Cancels between and within pages.</param>
    public async IAsyncEnumerable<ItemFeatures> StreamFeaturesAsync(
        DatasetRecord dataset, Split? split, long afterKey, [EnumeratorCancellation] CancellationToken cancel)
    {
        var limit = Math.Clamp(PageBytes / Math.Max(4, 4 * dataset.Schema.FeatureLength), 1, 10_000);
        for (var after = afterKey; ;)
        {
            // A page a statement: no connection and no snapshot is held while the consumer works.
            var page = await PageAsync(dataset, split, after, limit, cancel);
            foreach (var item in page)
            {
                yield return item;
            }

            if (page.Count < limit)
            {
                yield break;
            }

            after = page[^1].Key;
        }
    }

    /// <summary>Reads the features of the next items that match a filter and have features, by ascending key.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="filter">Which items.</param>
    /// <param name="afterKey">Key of the last item already seen; 0 starts at the beginning.</param>
    /// <param name="lastKey">Key of the last item to read.</param>
    /// <param name="limit">Items at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<ItemFeatures>> ListFeaturesAsync(
        DatasetRecord dataset, ItemFilter filter, long afterKey, long lastKey, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(connection, "", dataset.Key, afterKey, lastKey, limit);
                command.CommandText =
                    $"""
                    SELECT item_key, external_id, gold_class, features, feature_encoding FROM items
                    WHERE dataset_id = $1 AND item_key > $2 AND item_key <= $3 AND features IS NOT NULL{filter.Where(command)}
                    ORDER BY item_key LIMIT $4
                    """;
                return command.ListAsync(ReadFeatures, token);
            },
            cancel);

    private Task<List<ItemFeatures>> PageAsync(DatasetRecord dataset, Split? split, long after, int limit, CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(
                    connection,
                    $"""
                    SELECT item_key, external_id, gold_class, features, feature_encoding FROM items
                    WHERE dataset_id = $1 AND item_key > $2 AND features IS NOT NULL{(split is null ? "" : " AND split = $4")}
                    ORDER BY item_key LIMIT $3
                    """,
                    dataset.Key, after, limit);
                if (split is { } wanted)
                {
                    command.Parameters.AddWithValue((short)wanted);
                }

                return command.ListAsync(ReadFeatures, token);
            },
            cancel);

    private static ItemFeatures ReadFeatures(NpgsqlDataReader row)
    {
        float[] features = [];
        if (!row.IsDBNull(3))
        {
            var packed = row.GetFieldValue<byte[]>(3);
            var encoding = (FeatureEncoding)row.GetInt16(4);
            features = new float[packed.Length / FeaturePacking.Size(encoding)];
            FeaturePacking.Unpack(packed, encoding, features);
        }

        return new ItemFeatures(row.GetInt64(0), row.GetString(1), row.Maybe<short>(2), features);
    }
}
