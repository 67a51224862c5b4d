using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Storage.Database;
using LabelerService.Storage.Items;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Queries;

/// <summary>The items of a snapshot that have features, or texts, by ascending key; parallel arrays.</summary>
internal sealed partial class SnapshotItems
{
    // Which features the dataset's items have: a row that is written again has another transaction's number, at another time.
    private const string FeatureState =
        """
        SELECT count(*), coalesce(sum(hashtextextended(
            item_key || ',' || xmin || ',' || extract(epoch FROM update_time) || ',' || feature_encoding || ',' || octet_length(features), 0)), 0)::text
        FROM items WHERE dataset_id = $1 AND features IS NOT NULL AND ($2::bigint[] IS NULL OR item_key = ANY ($2))
        """;

    private SnapshotItems(int count, FeatureMatrix features)
    {
        (Keys, Times, Ids, Splits, Gold) = (new long[count], new long[count], new string[count], new Split[count], new int[count]);
        Features = features;
    }

    public long[] Keys { get; }

    /// <summary>When each item was last written, as UTC ticks.</summary>
    public long[] Times { get; }

    public string[] Ids { get; }

    public Split[] Splits { get; }

    public int[] Gold { get; }

    /// <summary>Features [N, D], empty where items have no fixed length; owned by whoever asked for the items.</summary>
    public FeatureMatrix Features { get; private set; }

    /// <summary>The items themselves where they have no fixed length; null otherwise. Owned as the features are.</summary>
    public RawItems? Contents { get; private set; }

    /// <summary>Reads the items; features into memory, or into the cache's file unless it has them already.</summary>
    /// <param name="connection">In a transaction that sees one snapshot.</param>
    /// <param name="dataset">Key of the dataset.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="pinned">What a snapshot had, to be read again; null for all that there is.</param>
    /// <param name="cache">Where large features go; null for memory.</param>
    /// <param name="hash">Takes in every item.</param>
    /// <param name="cancel">Cancels.</param>
    public static async Task<SnapshotItems> ReadAsync(
        NpgsqlConnection connection, long dataset, DatasetSchema schema, SnapshotContent? pinned, FeatureCache? cache, SnapshotHash hash,
        CancellationToken cancel)
    {
        var count = await Sql.Command(
            connection,
            $"""
            SELECT count(*) FROM items
            WHERE dataset_id = $1 AND {ItemSource.Condition(schema)} AND ($2::bigint[] IS NULL OR item_key = ANY ($2))
            """,
            dataset, KeysOf(pinned)).ScalarAsync<long>(cancel);
        if (pinned is not null && count != pinned.ItemKeys.Length)
        {
            throw SnapshotReader.Changed("items were deleted");
        }

        switch (schema.ItemKind)
        {
            case ItemKind.Text:
                return await ReadTextsAsync(connection, dataset, schema, checked((int)count), pinned, hash, cancel);
            case ItemKind.Sequence:
                return await ReadSequencesAsync(connection, dataset, schema, checked((int)count), pinned, cache, hash, cancel);
        }

        var length = schema.FeatureLength;
        var values = count * length;
        if (cache is not null && count <= Array.MaxLength && cache.Takes(values * sizeof(float)))
        {
            return await ReadMappedAsync(connection, dataset, schema, (int)count, length, pinned, cache, hash, cancel);
        }

        if (values > Array.MaxLength)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "SNAPSHOT_TOO_LARGE",
                $"{count} items of {length} values are more than one training run can hold in memory. Give the trainer a --feature-cache.");
        }

        var features = new float[values];
        var items = new SnapshotItems((int)count, features);
        await items.CopyOutAsync(connection, dataset, schema, pinned, stored: true, (i, source) =>
        {
            var row = features.AsSpan(i * length, length);
            FeaturePacking.Unpack(source.Packed, source.Encoding, row);
            hash.Item(items.Ids[i], items.Splits[i], items.Gold[i], row);
        }, cancel);
        return items;
    }

    private static async Task<SnapshotItems> ReadMappedAsync(
        NpgsqlConnection connection, long dataset, DatasetSchema schema, int count, int length, SnapshotContent? pinned, FeatureCache cache,
        SnapshotHash hash, CancellationToken cancel)
    {
        var row = new float[length];
        var state = await StateAsync(connection, dataset, length, pinned, cancel);
        if (cache.Find(state, count, length, cancel) is { } file)
        {
            var known = new SnapshotItems(count, file);
            try
            {
                await known.CopyOutAsync(connection, dataset, schema, pinned, stored: false, (i, _) =>
                {
                    file.CopyRow(i, row);
                    hash.Item(known.Ids[i], known.Splits[i], known.Gold[i], row);
                }, cancel);
                return known;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        var items = new SnapshotItems(count, Array.Empty<float>());
        using (var writer = cache.Create(state, length))
        {
            await items.CopyOutAsync(connection, dataset, schema, pinned, stored: true, (i, source) =>
            {
                FeaturePacking.Unpack(source.Packed, source.Encoding, row);
                writer.Append(row);
                hash.Item(items.Ids[i], items.Splits[i], items.Gold[i], row);
            }, cancel);
            writer.Complete();
        }

        items.Features = cache.Find(state, count, length, cancel) ?? throw new IOException("The features just written are not there, or not as they were written.");
        cache.Trim(state);
        return items;
    }

    private static async Task<string> StateAsync(
        NpgsqlConnection connection, long dataset, int length, SnapshotContent? pinned, CancellationToken cancel)
    {
        var sum = await Sql.Command(connection, FeatureState, dataset, KeysOf(pinned)).ListAsync(found => $"{found.GetInt64(0)}.{found.GetString(1)}", cancel);
        return $"{dataset}.{length}.{sum[0]}";
    }

    /// <param name="connection">The connection.</param>
    /// <param name="dataset">Key of the dataset.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="pinned">What a snapshot had; null for all that there is.</param>
    /// <param name="stored">Whether features or texts are read from the database, or only how many bytes they have.</param>
    /// <param name="take">Takes the index of an item of which all else is known, and what the database has of it.</param>
    /// <param name="cancel">Cancels.</param>
    private async Task CopyOutAsync(
        NpgsqlConnection connection, long dataset, DatasetSchema schema, SnapshotContent? pinned, bool stored, Action<int, Source> take,
        CancellationToken cancel)
    {
        var column = ItemSource.Column(schema);
        var within = pinned is null ? "" : pinned.ItemKeys.Length == 0 ? " AND false" : $" AND item_key BETWEEN {pinned.ItemKeys[0]} AND {pinned.ItemKeys[^1]}";
        await using var export = await connection.BeginBinaryExportAsync(
            $"""
            COPY (SELECT item_key, external_id, update_time, split, gold_class, feature_encoding, octet_length({column}){(stored ? $", {column}" : "")}
                  FROM items WHERE dataset_id = {dataset} AND {ItemSource.Condition(schema)}{within} ORDER BY item_key) TO STDOUT (FORMAT BINARY)
            """,
            cancel);
        for (var i = 0; await export.StartRowAsync(cancel) >= 0;)
        {
            var key = await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancel);
            if (pinned is not null && (i == Keys.Length || key != pinned.ItemKeys[i]))
            {
                // Came, or got its features, after the snapshot.
                for (var skipped = 1; skipped < (stored ? 8 : 7); skipped++)
                {
                    await export.SkipAsync(cancel);
                }

                continue;
            }

            Keys[i] = key;
            Ids[i] = await export.ReadAsync<string>(NpgsqlDbType.Text, cancel);
            Times[i] = (await export.ReadAsync<DateTime>(NpgsqlDbType.TimestampTz, cancel)).Ticks;
            Splits[i] = (Split)await export.ReadAsync<short>(NpgsqlDbType.Smallint, cancel);
            Gold[i] = -1;
            if (export.IsNull)
            {
                await export.SkipAsync(cancel);
            }
            else
            {
                Gold[i] = await export.ReadAsync<short>(NpgsqlDbType.Smallint, cancel);
            }

            var encoding = (FeatureEncoding)await export.ReadAsync<short>(NpgsqlDbType.Smallint, cancel);
            var bytes = await export.ReadAsync<int>(NpgsqlDbType.Integer, cancel);
            var packed = stored ? await export.ReadAsync<byte[]>(NpgsqlDbType.Bytea, cancel) : [];
            if (pinned is not null)
            {
                (Splits[i], Gold[i]) = (pinned.Splits[i], pinned.Gold[i]);
            }

            take(i, new Source(packed, encoding, bytes));
            i++;
        }
    }

    private static NpgsqlParameter KeysOf(SnapshotContent? pinned) =>
        Sql.Typed(pinned?.ItemKeys, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    /// <summary>What the database has of an item.</summary>
    /// <param name="Packed">Packed features, or the UTF-8 of a text; empty where they are not read.</param>
    /// <param name="Encoding">How features are packed.</param>
    /// <param name="Bytes">How many bytes they have.</param>
    private readonly record struct Source(byte[] Packed, FeatureEncoding Encoding, int Bytes);
}
