using System.Data;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Items;

public sealed partial class ItemStore
{
    private const string Columns =
        "item_key, external_id, split, features IS NOT NULL, gold_class, create_time, update_time, content_type";

    /// <summary>Finds an item by its external id.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<ItemRecord> GetAsync(DatasetRecord dataset, string itemId, CancellationToken cancel)
    {
        TextRules.CheckExternalId("item_id", itemId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {Columns} FROM items WHERE dataset_id = $1 AND external_id = $2", dataset.Key, itemId)
                .ListAsync(Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw ServiceException.NotFound("item_id", $"Item '{itemId}' of datasets/{dataset.Id}");
    }

    /// <summary>Those of the given external ids that are items of the dataset, by their ids.</summary>
    public async Task<IReadOnlyDictionary<string, ItemRecord>> ExistingAsync(
        DatasetRecord dataset, IReadOnlyCollection<string> itemIds, CancellationToken cancel) =>
        (await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {Columns} FROM items WHERE dataset_id = $1 AND external_id = ANY($2)", dataset.Key, itemIds.ToArray())
                .ListAsync(Read, token),
            cancel)).ToDictionary(item => item.ItemId, StringComparer.Ordinal);

    /// <summary>Finds an item by its key; null if there is none.</summary>
    public async Task<ItemRecord?> FindAsync(DatasetRecord dataset, long key, CancellationToken cancel) =>
        (await FindAsync(dataset, key, features: false, contents: false, cancel))?.Item;

    /// <summary>Finds an item by its key, with its features and its content where they are asked for; null if there is none.</summary>
    public async Task<StoredItem?> FindAsync(DatasetRecord dataset, long key, bool features, bool contents, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"SELECT {Columns}, {DataColumns(features, contents)} FROM items WHERE dataset_id = $1 AND item_key = $2", dataset.Key, key)
                .ListAsync(
                    row => new StoredItem(
                        Read(row), row.IsDBNull(8) ? null : row.GetFieldValue<byte[]>(8), (FeatureEncoding)row.GetInt16(9),
                        row.IsDBNull(10) ? null : row.GetFieldValue<byte[]>(10)),
                    token),
            cancel);
        return rows.Count == 1 ? rows[0] : null;
    }

    /// <summary>Lists items by ascending key.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="filter">Which items.</param>
    /// <param name="afterKey">Key of the last item already seen; 0 starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<ItemRecord>> ListAsync(
        DatasetRecord dataset, ItemFilter filter, long afterKey, int limit, CancellationToken cancel)
    {
        if (filter.ItemId is { } itemId)
        {
            TextRules.CheckExternalId("item_id", itemId);
        }

        return await _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(connection, "", dataset.Key, afterKey, limit);
                command.CommandText =
                    $"SELECT {Columns} FROM items WHERE dataset_id = $1 AND item_key > $2{filter.Where(command)} ORDER BY item_key LIMIT $3";
                return command.ListAsync(Read, token);
            },
            cancel);
    }

    /// <summary>
    /// Reads items of a dataset by ascending key as of one moment, one at a time: the next is read when the consumer is done with the one
    /// before, so that a slow consumer slows the reading and memory holds one item.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="export">Which items, and how much of each.</param>
    /// <param name="consume">Takes an item.</param>
    /// <param name="cancel">Cancels.</param>
    public Task<int> ExportAsync(
        DatasetRecord dataset, ItemExport export, Func<StoredItem, CancellationToken, Task> consume, CancellationToken cancel) =>
        _db.TransactUnrepeatedAsync(
            async (connection, token) =>
            {
                // COPY takes no parameters; these are numbers.
                await using var rows = await connection.BeginBinaryExportAsync(
                    $"""
                    COPY (SELECT item_key, external_id, split, features IS NOT NULL, coalesce(gold_class, -1), create_time, update_time,
                                 coalesce(content_type, 0), {DataColumns(export.Features, export.Contents)}
                          FROM items WHERE dataset_id = {dataset.Key}{(export.Split is { } split ? $" AND split = {(short)split}" : "")}
                          ORDER BY item_key) TO STDOUT (FORMAT BINARY)
                    """,
                    token);
                var count = 0;
                for (; await rows.StartRowAsync(token) >= 0; count++)
                {
                    await consume(await ReadAsync(rows, token), token);
                }

                return count;
            },
            cancel, IsolationLevel.RepeatableRead);

    private static string DataColumns(bool features, bool contents) =>
        $"{(features ? "features" : "NULL::bytea")}, feature_encoding, {(contents ? "content" : "NULL::bytea")}";

    private static ItemRecord Read(NpgsqlDataReader row) => new()
    {
        Key = row.GetInt64(0),
        ItemId = row.GetString(1),
        Split = (Split)row.GetInt16(2),
        HasFeatures = row.GetBoolean(3),
        GoldClass = row.Maybe<short>(4),
        CreateTime = row.GetFieldValue<DateTimeOffset>(5),
        UpdateTime = row.GetFieldValue<DateTimeOffset>(6),
        ContentType = (ContentType?)row.Maybe<short>(7),
    };

    private static async Task<StoredItem> ReadAsync(NpgsqlBinaryExporter row, CancellationToken cancel)
    {
        var key = await row.ReadAsync<long>(NpgsqlDbType.Bigint, cancel);
        var id = await row.ReadAsync<string>(NpgsqlDbType.Text, cancel);
        var split = (Split)await row.ReadAsync<short>(NpgsqlDbType.Smallint, cancel);
        var hasFeatures = await row.ReadAsync<bool>(NpgsqlDbType.Boolean, cancel);
        var gold = await row.ReadAsync<int>(NpgsqlDbType.Integer, cancel);
        var created = await row.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz, cancel);
        var updated = await row.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz, cancel);
        var type = await row.ReadAsync<int>(NpgsqlDbType.Integer, cancel);
        var features = await BytesAsync(row, cancel);
        var encoding = (FeatureEncoding)await row.ReadAsync<short>(NpgsqlDbType.Smallint, cancel);
        var content = await BytesAsync(row, cancel);
        var record = new ItemRecord
        {
            Key = key,
            ItemId = id,
            Split = split,
            HasFeatures = hasFeatures,
            GoldClass = gold < 0 ? null : gold,
            CreateTime = new DateTimeOffset(created, TimeSpan.Zero),
            UpdateTime = new DateTimeOffset(updated, TimeSpan.Zero),
            ContentType = type == 0 ? null : (ContentType)type,
        };
        return new StoredItem(record, features, encoding, content);
    }

    private static async Task<byte[]?> BytesAsync(NpgsqlBinaryExporter row, CancellationToken cancel)
    {
        if (row.IsNull)
        {
            await row.SkipAsync(cancel);
            return null;
        }

        return await row.ReadAsync<byte[]>(NpgsqlDbType.Bytea, cancel);
    }
}
