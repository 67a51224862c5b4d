using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Backbones;

/// <summary>What an extractor has made of a dataset's items, to be looked up by item.</summary>
/// <param name="DatasetKey">Key of the dataset.</param>
/// <param name="Key">Key of the extraction.</param>
/// <param name="FeatureLength">Features of an item, F.</param>
public sealed record FeatureExtraction(long DatasetKey, long Key, int FeatureLength);

/// <summary>
/// Features that extractors made of stored items, so that nobody computes them twice. They are found by item and by what it held, so what is
/// there is never out of date; what is missing, or was swept away, is computed again.
/// </summary>
public sealed class ExtractionStore
{
    private readonly Db _db;

    internal ExtractionStore(Db db) => _db = db;

    /// <summary>Hash of what an item holds.</summary>
    /// <param name="values">Its values.</param>
    /// <param name="fingerprint">Its beginning, <see cref="OutOfFoldTable.HashOf(ReadOnlySpan{float})"/>.</param>
    public static Guid HashOf(ReadOnlySpan<float> values, out long fingerprint)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(values), hash);
        fingerprint = BinaryPrimitives.ReadInt64LittleEndian(hash);
        return new Guid(hash[..16]);
    }

    /// <summary>Finds or starts what an extractor has made of a dataset's items, and notes that it is used.</summary>
    /// <param name="datasetKey">Key of the dataset.</param>
    /// <param name="extractorHash">SHA-256 of all that its features depend on beside the item.</param>
    /// <param name="featureLength">Features of an item, F.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NotFound: the dataset was deleted.</exception>
    public Task<FeatureExtraction> OpenAsync(long datasetKey, byte[] extractorHash, int featureLength, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                await ShareAsync(connection, datasetKey, token);
                var key = await Sql.Command(
                    connection,
                    """
                    INSERT INTO feature_extractions (dataset_id, extractor_hash, feature_length) VALUES ($1, $2, $3)
                    ON CONFLICT (dataset_id, extractor_hash) DO UPDATE SET use_time = now() RETURNING extraction_key
                    """,
                    datasetKey, extractorHash, featureLength).ScalarAsync<long>(token);
                return new FeatureExtraction(datasetKey, key, featureLength);
            },
            cancel);

    /// <summary>Finds what an extractor has made of a dataset's items, and notes once an hour that it is used; null where it made nothing.</summary>
    /// <param name="datasetKey">Key of the dataset.</param>
    /// <param name="extractorHash">SHA-256 of all that its features depend on beside the item.</param>
    /// <param name="featureLength">Features of an item, F.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<FeatureExtraction?> FindAsync(long datasetKey, byte[] extractorHash, int featureLength, CancellationToken cancel)
    {
        var key = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                WITH used AS (
                    UPDATE feature_extractions SET use_time = now()
                    WHERE dataset_id = $1 AND extractor_hash = $2 AND use_time < now() - interval '1 hour'
                )
                SELECT extraction_key FROM feature_extractions WHERE dataset_id = $1 AND extractor_hash = $2 AND feature_length = $3
                """,
                datasetKey, extractorHash, featureLength).ListAsync(row => row.GetInt64(0), token),
            cancel);
        return key.Count == 0 ? null : new FeatureExtraction(datasetKey, key[0], featureLength);
    }

    /// <summary>Reads the features of items.</summary>
    /// <param name="extraction">Whose.</param>
    /// <param name="items">The items, n.</param>
    /// <param name="hashes">Hashes of what they hold, n.</param>
    /// <param name="rows">Receives the features of those that are there, row-major [n, F].</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>Which of them are there.</returns>
    public Task<bool[]> ReadAsync(
        FeatureExtraction extraction, long[] items, Guid[] hashes, Memory<float> rows, CancellationToken cancel) =>
        _db.RunAsync(
            async (connection, token) =>
            {
                var found = new bool[items.Length];
                var command = Sql.Command(
                    connection,
                    """
                    SELECT t.place::integer, f.features FROM unnest($3::bigint[], $4::uuid[]) WITH ORDINALITY AS t(item_key, content_hash, place)
                    JOIN extracted_features f ON f.dataset_id = $1 AND f.extraction_key = $2 AND f.item_key = t.item_key AND f.content_hash = t.content_hash
                    """,
                    extraction.DatasetKey, extraction.Key, items, hashes);
                await using (command)
                {
                    await using var reader = await command.ExecuteReaderAsync(token);
                    while (await reader.ReadAsync(token))
                    {
                        var place = reader.GetInt32(0) - 1;
                        var features = reader.GetFieldValue<byte[]>(1);
                        if (features.Length == extraction.FeatureLength * sizeof(float))
                        {
                            features.CopyTo(MemoryMarshal.AsBytes(rows.Span.Slice(place * extraction.FeatureLength, extraction.FeatureLength)));
                            found[place] = true;
                        }
                    }
                }

                return found;
            },
            cancel);

    /// <summary>Keeps the features of items, all or none. Nothing is kept of items that are gone, nor where the extraction was swept away.</summary>
    /// <param name="extraction">Whose.</param>
    /// <param name="items">The items, n, each once.</param>
    /// <param name="hashes">Hashes of what they hold, n.</param>
    /// <param name="rows">Their features, row-major [n, F].</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <returns>How many are new, or were made of something else.</returns>
    public Task<int> WriteAsync(FeatureExtraction extraction, long[] items, Guid[] hashes, ReadOnlyMemory<float> rows, CancellationToken cancel)
    {
        var features = new byte[items.Length][];
        for (var i = 0; i < items.Length; i++)
        {
            features[i] = MemoryMarshal.AsBytes(rows.Span.Slice(i * extraction.FeatureLength, extraction.FeatureLength)).ToArray();
        }

        return _db.TransactAsync(
            async (connection, token) =>
            {
                await ShareAsync(connection, extraction.DatasetKey, token);
                var known = await Sql.Command(
                    connection, "SELECT 1 FROM feature_extractions WHERE dataset_id = $1 AND extraction_key = $2 FOR KEY SHARE",
                    extraction.DatasetKey, extraction.Key).ScalarAsync<int>(token);

                // In the order of their keys: two who write the same items wait for each other, and not both.
                return known == 0
                    ? 0
                    : await Sql.Command(
                        connection,
                        """
                        INSERT INTO extracted_features AS f (dataset_id, extraction_key, item_key, content_hash, features)
                        SELECT $1, $2, t.item_key, t.content_hash, t.features FROM unnest($3::bigint[], $4::uuid[], $5::bytea[]) AS t(item_key, content_hash, features)
                        WHERE EXISTS (SELECT 1 FROM items i WHERE i.dataset_id = $1 AND i.item_key = t.item_key) ORDER BY t.item_key
                        ON CONFLICT (dataset_id, extraction_key, item_key) DO UPDATE SET content_hash = excluded.content_hash, features = excluded.features
                        WHERE f.content_hash <> excluded.content_hash
                        """,
                        extraction.DatasetKey, extraction.Key, items, hashes, Sql.Typed(features, NpgsqlDbType.Array | NpgsqlDbType.Bytea))
                        .ExecuteAsync(token);
            },
            cancel);
    }

    /// <summary>
    /// Removes what was not used for a time, then what was not used for longest until the rest has its size, and what is of items that are gone.
    /// </summary>
    /// <param name="unused">How long what nobody uses is kept.</param>
    /// <param name="capacity">Bytes of features that are kept.</param>
    /// <param name="cancel">Cancels between extractions.</param>
    /// <returns>Items whose features were removed.</returns>
    public async Task<int> SweepAsync(TimeSpan unused, long capacity, CancellationToken cancel)
    {
        var extractions = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT e.dataset_id, e.extraction_key, e.use_time < now() - $1, e.feature_length * 4 * (
                    SELECT count(*) FROM extracted_features f WHERE f.dataset_id = e.dataset_id AND f.extraction_key = e.extraction_key)
                FROM feature_extractions e ORDER BY e.use_time DESC, e.dataset_id, e.extraction_key
                """,
                unused).ListAsync(row => (Dataset: row.GetInt64(0), Key: row.GetInt64(1), Unused: row.GetBoolean(2), Bytes: row.GetInt64(3)), token),
            cancel);
        var (removed, kept) = (0, 0L);
        foreach (var extraction in extractions)
        {
            kept += extraction.Bytes;
            removed += extraction.Unused || kept > capacity
                ? await RemoveAsync(extraction.Dataset, extraction.Key, cancel)
                : await RemoveOfGoneItemsAsync(extraction.Dataset, extraction.Key, cancel);
        }

        return removed;
    }

    private Task<int> RemoveAsync(long dataset, long key, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            // Its row first: a write in flight is waited for, and none can follow.
            await Sql.Command(connection, "DELETE FROM feature_extractions WHERE dataset_id = $1 AND extraction_key = $2", dataset, key).ExecuteAsync(token);
            return await Sql.Command(connection, "DELETE FROM extracted_features WHERE dataset_id = $1 AND extraction_key = $2", dataset, key).ExecuteAsync(token);
        },
        cancel);

    private Task<int> RemoveOfGoneItemsAsync(long dataset, long key, CancellationToken cancel) => _db.RunAsync(
        (connection, token) => Sql.Command(
            connection,
            """
            DELETE FROM extracted_features f WHERE f.dataset_id = $1 AND f.extraction_key = $2
            AND NOT EXISTS (SELECT 1 FROM items i WHERE i.dataset_id = $1 AND i.item_key = f.item_key)
            """,
            dataset, key).ExecuteAsync(token),
        cancel);

    private static async Task ShareAsync(NpgsqlConnection connection, long datasetKey, CancellationToken cancel)
    {
        if (await Sql.Command(connection, DatasetLock.Shared, datasetKey).ScalarAsync<int>(cancel) == 0)
        {
            throw ServiceException.NotFound("dataset", "The dataset");
        }
    }
}
