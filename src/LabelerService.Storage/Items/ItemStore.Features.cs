using System.Runtime.CompilerServices;
using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;

namespace LabelerService.Storage.Items;

public sealed partial class ItemStore
{
    // Bytes of items of no fixed length that are read for one request.
    private const long MostBytes = 256L << 20;

    /// <summary>Reads the features of items in the order asked for; an id may appear more than once.</summary>
    /// <exception cref="ServiceException">
    /// NotFound naming <c>item_ids[i]</c>; FailedPrecondition naming it: the item has no features, or no text; ResourceExhausted
    /// (ITEMS_TOO_LARGE): the items are more than is read at once.
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
            async (connection, token) =>
            {
                await CheckSizeAsync(connection, dataset, distinct, token);
                return await Sql.Command(
                    connection, $"SELECT {Source(dataset.Schema)} FROM items WHERE dataset_id = $1 AND external_id = ANY($2)", dataset.Key, distinct)
                    .ListAsync(ReadFeatures, token);
            },
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
            else if (item is { Features.Length: 0, Text: null })
            {
                var what = dataset.Schema.ItemKind == ItemKind.Text ? "text" : "features";
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "ITEM_WITHOUT_FEATURES",
                    $"item_ids[{i}]: the item has no {what}. Write its {what} first.", new FieldViolation($"item_ids[{i}]", $"has no {what}"));
            }
            else
            {
                result[i] = item;
            }
        }

        missing.ThrowNotFound("Write the items first, or list the dataset's items to see their ids.");
        return result;
    }

    /// <summary>
    /// Streams the features of items by key, by ascending key, a page of about 4 MiB at a time; items that are gone or have no features are
    /// left out.
    /// </summary>
    public async IAsyncEnumerable<ItemFeatures> StreamFeaturesByKeyAsync(
        DatasetRecord dataset, IReadOnlyCollection<long> itemKeys, [EnumeratorCancellation] CancellationToken cancel)
    {
        var keys = itemKeys.ToArray();
        for (var after = long.MinValue; ;)
        {
            var page = await PageAsync(dataset, " AND item_key = ANY($4)", after, keys.Length, keys, cancel);
            foreach (var item in page)
            {
                yield return item;
            }

            if (page.Count == 0 || (page.Count == keys.Length && IsFixed(dataset)))
            {
                yield break;
            }

            after = page[^1].Key;
        }
    }

    /// <summary>Streams the items of a split that have features, by ascending key, a page of about 4 MiB at a time.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="split">The split; null streams all of them.</param>
    /// <param name="afterKey">Key of the last item already seen; 0 starts at the beginning.</param>
    /// <param name="cancel">Cancels between and within pages.</param>
    public async IAsyncEnumerable<ItemFeatures> StreamFeaturesAsync(
        DatasetRecord dataset, Split? split, long afterKey, [EnumeratorCancellation] CancellationToken cancel)
    {
        var limit = Math.Clamp(ItemSource.PageBytes / Math.Max(4, 4 * dataset.Schema.FeatureLength), 1, 10_000);
        for (var after = afterKey; ;)
        {
            // A page a statement: no connection and no snapshot is held while the consumer works.
            var page = await PageAsync(dataset, split is null ? "" : " AND split = $4", after, limit, (short?)split, cancel);
            foreach (var item in page)
            {
                yield return item;
            }

            if (page.Count == 0 || (page.Count < limit && IsFixed(dataset)))
            {
                yield break;
            }

            after = page[^1].Key;
        }
    }

    /// <summary>
    /// Reads the features of the next items that match a filter and have features, by ascending key. None are returned only if there are none:
    /// of items without a fixed length fewer than asked for may come, so that memory is bounded.
    /// </summary>
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
                var command = Sql.Command(connection, "", dataset.Key, afterKey, limit, lastKey);
                command.CommandText = Page(dataset, $" AND item_key <= $4{filter.Where(command)}");
                return command.ListAsync(ReadFeatures, token);
            },
            cancel);

    private Task<List<ItemFeatures>> PageAsync(DatasetRecord dataset, string condition, long after, int limit, object? value, CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(connection, Page(dataset, condition), dataset.Key, after, limit);
                if (value is not null)
                {
                    command.Parameters.AddWithValue(value);
                }

                return command.ListAsync(ReadFeatures, token);
            },
            cancel);

    private static bool IsFixed(DatasetRecord dataset) => dataset.Schema.FeatureLength > 0;

    private static string Source(DatasetSchema schema) => $"item_key, external_id, gold_class, {ItemSource.Column(schema)}, feature_encoding, content_type";

    // $1 the dataset, $2 the key before, $3 the most rows; further ones are the condition's. Where a row may be of any size, those that begin
    // within the page's bytes.
    private static string Page(DatasetRecord dataset, string condition)
    {
        var source = Source(dataset.Schema);
        var where = $"WHERE dataset_id = $1 AND item_key > $2 AND {ItemSource.Condition(dataset.Schema)}{condition} ORDER BY item_key LIMIT $3";
        return IsFixed(dataset)
            ? $"SELECT {source} FROM items {where}"
            : $"""
              SELECT {source} FROM (SELECT {source}, sum(bytes) OVER (ORDER BY item_key) - bytes AS before FROM items {where}) page
              WHERE before < {ItemSource.PageBytes} ORDER BY item_key
              """;
    }

    private static async Task CheckSizeAsync(NpgsqlConnection connection, DatasetRecord dataset, string[] ids, CancellationToken cancel)
    {
        if (IsFixed(dataset))
        {
            return;
        }

        var bytes = await Sql.Command(
            connection, "SELECT coalesce(sum(bytes), 0)::bigint FROM items WHERE dataset_id = $1 AND external_id = ANY($2)", dataset.Key, ids)
            .ScalarAsync<long>(cancel);
        if (bytes > MostBytes)
        {
            throw new ServiceException(
                ErrorKind.ResourceExhausted, "ITEMS_TOO_LARGE", $"These items are {bytes} bytes together; {MostBytes} are read at once. Ask for fewer.",
                new FieldViolation("item_ids", $"are {bytes} bytes together"));
        }
    }

    private static ItemFeatures ReadFeatures(NpgsqlDataReader row)
    {
        float[] features = [];
        string? text = null;
        if (!row.IsDBNull(3))
        {
            var packed = row.GetFieldValue<byte[]>(3);
            if ((ContentType?)row.Maybe<short>(5) == ContentType.Text)
            {
                text = Encoding.UTF8.GetString(packed);
            }
            else
            {
                var encoding = (FeatureEncoding)row.GetInt16(4);
                features = new float[packed.Length / FeaturePacking.Size(encoding)];
                FeaturePacking.Unpack(packed, encoding, features);
            }
        }

        return new ItemFeatures(row.GetInt64(0), row.GetString(1), row.Maybe<short>(2), features, text);
    }
}
