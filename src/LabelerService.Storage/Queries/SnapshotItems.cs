using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Storage.Database;
using LabelerService.Storage.Items;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Queries;

/// <summary>The items of a snapshot that have features, by ascending key; parallel arrays.</summary>
internal sealed class SnapshotItems
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

    /// <summary>Features [N, D]; owned by whoever asked for the items.</summary>
    public FeatureMatrix Features { get; private set; }

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
        var length = schema.FeatureLength;
        if (length == 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "ITEMS_WITHOUT_FIXED_LENGTH", "Items of this kind have no feature vectors to train on.");
        }

        var count = await Sql.Command(
            connection,
            "SELECT count(*) FROM items WHERE dataset_id = $1 AND features IS NOT NULL AND ($2::bigint[] IS NULL OR item_key = ANY ($2))",
            dataset, KeysOf(pinned)).ScalarAsync<long>(cancel);
        if (pinned is not null && count != pinned.ItemKeys.Length)
        {
            throw SnapshotReader.Changed("items were deleted");
        }

        var values = count * length;
        if (cache is not null && count <= Array.MaxLength && cache.Takes(values * sizeof(float)))
        {
            return await ReadMappedAsync(connection, dataset, (int)count, length, pinned, cache, hash, cancel);
        }

        if (values > Array.MaxLength)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "SNAPSHOT_TOO_LARGE",
                $"{count} items of {length} values are more than one training run can hold in memory. Give the trainer a --feature-cache.");
        }

        var features = new float[values];
        var items = new SnapshotItems((int)count, features);
        await items.CopyOutAsync(connection, dataset, pinned, hash, stored: true, (i, packed, encoding) =>
        {
            var row = features.AsMemory(i * length, length);
            FeaturePacking.Unpack(packed, encoding, row.Span);
            return row;
        }, cancel);
        return items;
    }

    private static async Task<SnapshotItems> ReadMappedAsync(
        NpgsqlConnection connection, long dataset, int count, int length, SnapshotContent? pinned, FeatureCache cache, SnapshotHash hash,
        CancellationToken cancel)
    {
        var row = new float[length];
        var sum = await Sql.Command(connection, FeatureState, dataset, KeysOf(pinned)).ListAsync(found => $"{found.GetInt64(0)}.{found.GetString(1)}", cancel);
        var state = $"{dataset}.{length}.{sum[0]}";
        if (cache.Find(state, count, length, cancel) is { } file)
        {
            var known = new SnapshotItems(count, file);
            try
            {
                await known.CopyOutAsync(connection, dataset, pinned, hash, stored: false, (i, _, _) =>
                {
                    file.CopyRow(i, row);
                    return row;
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
            await items.CopyOutAsync(connection, dataset, pinned, hash, stored: true, (_, packed, encoding) =>
            {
                FeaturePacking.Unpack(packed, encoding, row);
                writer.Append(row);
                return row;
            }, cancel);
            writer.Complete();
        }

        items.Features = cache.Find(state, count, length, cancel) ?? throw new IOException("The features just written are not there, or not as they were written.");
        cache.Trim(state);
        return items;
    }

    /// <param name="connection">The connection.</param>
    /// <param name="dataset">Key of the dataset.</param>
    /// <param name="pinned">What a snapshot had; null for all that there is.</param>
    /// <param name="hash">Takes in every item.</param>
    /// <param name="stored">Whether features are read from the database.</param>
    /// <param name="take">Given the index, and what the database has where that is read; gives the row of features.</param>
    /// <param name="cancel">Cancels.</param>
    private async Task CopyOutAsync(
        NpgsqlConnection connection, long dataset, SnapshotContent? pinned, SnapshotHash hash, bool stored,
        Func<int, byte[], FeatureEncoding, ReadOnlyMemory<float>> take, CancellationToken cancel)
    {
        var within = pinned is null ? "" : pinned.ItemKeys.Length == 0 ? " AND false" : $" AND item_key BETWEEN {pinned.ItemKeys[0]} AND {pinned.ItemKeys[^1]}";
        await using var export = await connection.BeginBinaryExportAsync(
            $"""
            COPY (SELECT item_key, external_id, update_time, split, gold_class{(stored ? ", feature_encoding, features" : "")} FROM items
                  WHERE dataset_id = {dataset} AND features IS NOT NULL{within} ORDER BY item_key) TO STDOUT (FORMAT BINARY)
            """,
            cancel);
        byte[] packed = [];
        var encoding = FeatureEncoding.Float32;
        for (var i = 0; await export.StartRowAsync(cancel) >= 0;)
        {
            var key = await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancel);
            if (pinned is not null && (i == Keys.Length || key != pinned.ItemKeys[i]))
            {
                // Came, or got its features, after the snapshot.
                for (var column = 1; column < (stored ? 7 : 5); column++)
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

            if (stored)
            {
                encoding = (FeatureEncoding)await export.ReadAsync<short>(NpgsqlDbType.Smallint, cancel);
                packed = await export.ReadAsync<byte[]>(NpgsqlDbType.Bytea, cancel);
            }

            if (pinned is not null)
            {
                (Splits[i], Gold[i]) = (pinned.Splits[i], pinned.Gold[i]);
            }

            hash.Item(Ids[i], Splits[i], Gold[i], take(i, packed, encoding).Span);
            i++;
        }
    }

    private static Npgsql.NpgsqlParameter KeysOf(SnapshotContent? pinned) =>
        Sql.Typed(pinned?.ItemKeys, NpgsqlDbType.Array | NpgsqlDbType.Bigint);
}
