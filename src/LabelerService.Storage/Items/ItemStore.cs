using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;
using LabelerService.Storage.Telemetry;
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
            FROM unnest($2::text[], $3::smallint[], $4::bytea[], $5::smallint[], $6::smallint[], $7::bytea[], $8::smallint[], $9::uuid[])
                AS t(external_id, split, features, feature_encoding, gold_class, content, content_type, content_hash)
        ), written AS (
            INSERT INTO items AS i
                (dataset_id, item_key, external_id, split, features, feature_encoding, gold_class, content, content_type, content_hash, bytes)
            SELECT $1, item_key, external_id, split, features, feature_encoding, gold_class, content, content_type, content_hash,
                   coalesce(octet_length(features), 0) + coalesce(octet_length(content), 0)
            FROM input ORDER BY external_id COLLATE "C"
            ON CONFLICT (dataset_id, external_id) DO UPDATE SET
                split = excluded.split,
                features = CASE WHEN excluded.content_hash IS NULL THEN i.features ELSE excluded.features END,
                feature_encoding = CASE WHEN excluded.content_hash IS NULL THEN i.feature_encoding ELSE excluded.feature_encoding END,
                content = CASE WHEN excluded.content_hash IS NULL THEN i.content ELSE excluded.content END,
                content_type = CASE WHEN excluded.content_hash IS NULL THEN i.content_type ELSE excluded.content_type END,
                bytes = CASE WHEN excluded.content_hash IS NULL THEN i.bytes ELSE excluded.bytes END,
                replaced_bytes = i.bytes,
                content_hash = coalesce(excluded.content_hash, i.content_hash),
                gold_class = coalesce(excluded.gold_class, i.gold_class),
                update_time = now()
            WHERE i.split <> excluded.split
                OR (excluded.content_hash IS NOT NULL AND i.content_hash IS DISTINCT FROM excluded.content_hash)
                OR (excluded.gold_class IS NOT NULL AND i.gold_class IS DISTINCT FROM excluded.gold_class)
            RETURNING i.item_key, bytes - replaced_bytes AS more_bytes
        )
        SELECT count(input.item_key), count(*) - count(input.item_key), coalesce(sum(more_bytes), 0)::bigint FROM written LEFT JOIN input USING (item_key)
        """;

    private readonly Db _db;
    private readonly IngestMetrics _metrics;

    internal ItemStore(Db db, IngestMetrics metrics)
    {
        _db = db;
        _metrics = metrics;
    }

    /// <summary>
    /// Creates or replaces a batch of items, all or none. Repeating a batch changes nothing. Concurrent batches that overlap wait for
    /// each other in the order of the ids, so that they cannot deadlock.
    /// </summary>
    /// <exception cref="ServiceException">
    /// InvalidArgument naming <c>items[i].item_id</c> (empty, too long, twice in the batch), <c>items[i].features</c> (wrong length, not
    /// finite), <c>items[i].content</c> or <c>items[i].gold_class</c>; NotFound: the dataset was deleted; ResourceExhausted: a quota of
    /// the dataset or of the key.
    /// </exception>
    public async Task<ItemUpsertResult> UpsertAsync(
        DatasetRecord dataset, IReadOnlyList<ItemWrite> items, RequestIdentity? request, CancellationToken cancel, KeyAllowance? key = null)
    {
        var parameters = ItemParameters.Create(dataset, items);
        var committed = await _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                var (result, bytes) = await UpsertAsync(connection, dataset, parameters, token);
                await KeyUsage.AddAsync(connection, key, annotations: 0, items: result.Created + result.Updated, token);
                await DatasetUsage.AddAsync(connection, dataset, Usage(result, bytes), token);
                return result;
            },
            cancel);
        _metrics.Committed(committed);
        return committed;
    }

    private static UsageChange Usage(ItemUpsertResult result, long bytes) =>
        new(Items: result.Created, Bytes: bytes, ItemChanges: result.Created + result.Updated);

    private static async Task<(ItemUpsertResult Result, long Bytes)> UpsertAsync(
        NpgsqlConnection connection, DatasetRecord dataset, ItemParameters items, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.BatchCommand(DatasetLock.Shared, dataset.Key));
        batch.BatchCommands.Add(Sql.BatchCommand(
            Upsert, dataset.Key, items.Ids, items.Splits, Sql.Typed(items.Features, NpgsqlDbType.Array | NpgsqlDbType.Bytea), items.Encodings,
            Sql.Typed(items.Gold, NpgsqlDbType.Array | NpgsqlDbType.Smallint), Sql.Typed(items.Contents, NpgsqlDbType.Array | NpgsqlDbType.Bytea),
            Sql.Typed(items.ContentTypes, NpgsqlDbType.Array | NpgsqlDbType.Smallint),
            Sql.Typed(items.Hashes, NpgsqlDbType.Array | NpgsqlDbType.Uuid)));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            throw DatasetLock.Gone(dataset);
        }

        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        var (created, updated) = ((int)reader.GetInt64(0), (int)reader.GetInt64(1));
        return (new ItemUpsertResult(created, updated, items.Ids.Length - created - updated), reader.GetInt64(2));
    }
}
