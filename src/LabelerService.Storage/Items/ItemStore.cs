using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Items;

/// <summary>Items of a dataset: written in batches, read by id, by page, or with their features.</summary>
public sealed partial class ItemStore
{
    private const string Upsert =
        """
        WITH input AS (
            SELECT nextval('item_keys') AS item_key, t.*
            FROM unnest($2::text[], $3::smallint[], $4::bytea[], $5::smallint[], $6::smallint[])
                AS t(external_id, split, features, feature_encoding, gold_class)
        ), written AS (
            INSERT INTO items AS i (dataset_id, item_key, external_id, split, features, feature_encoding, gold_class)
            SELECT $1, item_key, external_id, split, features, feature_encoding, gold_class FROM input ORDER BY external_id COLLATE "C"
            ON CONFLICT (dataset_id, external_id) DO UPDATE SET
                split = excluded.split,
                features = coalesce(excluded.features, i.features),
                feature_encoding = CASE WHEN excluded.features IS NULL THEN i.feature_encoding ELSE excluded.feature_encoding END,
                gold_class = coalesce(excluded.gold_class, i.gold_class),
                update_time = now()
            WHERE i.split <> excluded.split
                OR (excluded.features IS NOT NULL
                    AND (i.features IS DISTINCT FROM excluded.features OR i.feature_encoding <> excluded.feature_encoding))
                OR (excluded.gold_class IS NOT NULL AND i.gold_class IS DISTINCT FROM excluded.gold_class)
            RETURNING (xmax = 0) AS created
        )
        SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM written
        """;

    private readonly Db _db;

    internal ItemStore(Db db) => _db = db;

    /// <summary>
    /// Creates or replaces a batch of items, all or none. Repeating a batch changes nothing. Concurrent batches that overlap wait for
    /// each other in the order of the ids, so that they cannot deadlock.
    /// </summary>
    /// <exception cref="ServiceException">
    /// InvalidArgument naming <c>items[i].item_id</c> (empty, too long, twice in the batch), <c>items[i].features</c> (wrong length, not
    /// finite) or <c>items[i].gold_class</c>; NotFound: the dataset was deleted.
    /// </exception>
    public Task<ItemUpsertResult> UpsertAsync(
        DatasetRecord dataset, IReadOnlyList<ItemWrite> items, RequestIdentity? request, CancellationToken cancel)
    {
        var parameters = ItemParameters.Create(dataset, items);
        return _db.TransactOnceAsync(dataset.Key, request, (connection, token) => UpsertAsync(connection, dataset, parameters, token), cancel);
    }

    private static async Task<ItemUpsertResult> UpsertAsync(
        NpgsqlConnection connection, DatasetRecord dataset, ItemParameters items, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.BatchCommand(DatasetLock.Shared, dataset.Key));
        batch.BatchCommands.Add(Sql.BatchCommand(
            Upsert, dataset.Key, items.Ids, items.Splits, Sql.Typed(items.Features, NpgsqlDbType.Array | NpgsqlDbType.Bytea), items.Encodings,
            Sql.Typed(items.Gold, NpgsqlDbType.Array | NpgsqlDbType.Smallint)));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            throw DatasetLock.Gone(dataset);
        }

        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        var (created, updated) = ((int)reader.GetInt64(0), (int)reader.GetInt64(1));
        return new ItemUpsertResult(created, updated, items.Ids.Length - created - updated);
    }

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

    /// <summary>Finds an item by its key; null if there is none.</summary>
    public async Task<ItemRecord?> FindAsync(DatasetRecord dataset, long key, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {Columns} FROM items WHERE dataset_id = $1 AND item_key = $2", dataset.Key, key).ListAsync(Read, token),
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
        var where = (filter.Split is null ? "" : " AND split = $4") + filter.HasGold switch
        {
            true => " AND gold_class IS NOT NULL",
            false => " AND gold_class IS NULL",
            null => "",
        };
        if (filter.ItemId is { } itemId)
        {
            TextRules.CheckExternalId("item_id", itemId);
            where += filter.Split is null ? " AND external_id = $4" : " AND external_id = $5";
        }

        return await _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(
                    connection, $"SELECT {Columns} FROM items WHERE dataset_id = $1 AND item_key > $2{where} ORDER BY item_key LIMIT $3",
                    dataset.Key, afterKey, limit);
                if (filter.Split is { } split)
                {
                    command.Parameters.AddWithValue((short)split);
                }

                if (filter.ItemId is { } only)
                {
                    command.Parameters.AddWithValue(only);
                }

                return command.ListAsync(Read, token);
            },
            cancel);
    }

    private const string Columns = "item_key, external_id, split, features IS NOT NULL, gold_class, create_time, update_time";

    private static ItemRecord Read(NpgsqlDataReader row) => new()
    {
        Key = row.GetInt64(0),
        ItemId = row.GetString(1),
        Split = (Split)row.GetInt16(2),
        HasFeatures = row.GetBoolean(3),
        GoldClass = row.Maybe<short>(4),
        CreateTime = row.GetFieldValue<DateTimeOffset>(5),
        UpdateTime = row.GetFieldValue<DateTimeOffset>(6),
    };
}
