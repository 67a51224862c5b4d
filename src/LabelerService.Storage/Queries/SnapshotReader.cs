using System.Data;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Queries;

/// <summary>Reads the data of a training run: one consistent snapshot, straight into arrays.</summary>
public sealed class SnapshotReader
{
    private readonly Db _db;
    private readonly FeatureCache? _cache;

    internal SnapshotReader(Db db, FeatureCache? cache = null) => (_db, _cache) = (db, cache);

    /// <summary>
    /// Reads items with features, labelers and current annotations of a dataset as of one moment. Writers are not held up, and what
    /// they commit meanwhile is not seen. Texts and sequences come as <see cref="TrainingSnapshot.Contents"/>, without features.
    /// </summary>
    /// <exception cref="ServiceException">
    /// NotFound; FailedPrecondition (SNAPSHOT_TOO_LARGE): the features are more than one array can hold and there is no cache for them, or
    /// the texts more than is held in memory.
    /// </exception>
    public async Task<TrainingSnapshot> ReadAsync(string datasetId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("dataset", datasetId);
        var (snapshot, _) = await ReadAsync(datasetId, pinned: null, cancel);
        return snapshot;
    }

    /// <summary>Reads a dataset as it is, with what it takes to read the same snapshot again later.</summary>
    /// <exception cref="ServiceException">As <see cref="ReadAsync(string, CancellationToken)"/>.</exception>
    public async Task<(TrainingSnapshot Snapshot, SnapshotPin Pin)> ReadAndPinAsync(string datasetId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("dataset", datasetId);
        var (snapshot, content) = await ReadAsync(datasetId, pinned: null, cancel);
        return (snapshot, new SnapshotPin(snapshot.SnapshotId, content.ToBytes()));
    }

    /// <summary>Reads a snapshot again: items, labelers, labels, splits and gold as they were, whatever came or changed since.</summary>
    /// <exception cref="ServiceException">
    /// FailedPrecondition (SNAPSHOT_CHANGED): features of its items were changed, or items or labelers deleted; NotFound: the dataset was.
    /// </exception>
    public async Task<TrainingSnapshot> ReadPinnedAsync(string datasetId, SnapshotPin pin, CancellationToken cancel)
    {
        TextRules.CheckResourceId("dataset", datasetId);
        SnapshotContent content;
        try
        {
            content = SnapshotContent.Read(pin.Content);
        }
        catch (InvalidDataException error)
        {
            throw Changed($"what was noted of it is damaged ({error.Message})");
        }

        var (snapshot, _) = await ReadAsync(datasetId, content, cancel);
        if (snapshot.SnapshotId == pin.SnapshotId)
        {
            return snapshot;
        }

        snapshot.Dispose();
        throw Changed("features of its items were changed");
    }

    internal static ServiceException Changed(string how) => new(
        ErrorKind.FailedPrecondition, "SNAPSHOT_CHANGED", $"The data that the run began with is not there any more: {how}.");

    private Task<(TrainingSnapshot Snapshot, SnapshotContent Content)> ReadAsync(
        string datasetId, SnapshotContent? pinned, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                await Sql.Command(connection, "SET TRANSACTION READ ONLY").ExecuteAsync(token);
                var datasets = await Sql.Command(connection, "SELECT dataset_id, schema FROM datasets WHERE id = $1", datasetId)
                    .ListAsync(row => (Key: row.GetInt64(0), Schema: Json.Read<DatasetSchema>(row.GetString(1))), token);
                if (datasets.Count == 0)
                {
                    throw DatasetStore.Missing(datasetId);
                }

                var (key, schema) = datasets[0];
                using var hash = new SnapshotHash(schema);
                var items = await SnapshotItems.ReadAsync(connection, key, schema, pinned, _cache, hash, token);
                try
                {
                    var labelers = await ReadLabelersAsync(connection, key, pinned, hash, token);
                    var annotations = pinned is null
                        ? await ReadAnnotationsAsync(connection, key, schema, items.Keys, labelers.Keys, hash, token)
                        : Annotations(pinned, schema, hash);
                    var snapshot = new TrainingSnapshot
                    {
                        Dataset = datasetId,
                        SnapshotId = hash.Finish(),
                        Schema = schema,
                        ItemIds = items.Ids,
                        ItemKeys = items.Keys,
                        ItemTimes = items.Times,
                        Features = items.Features,
                        Contents = items.Contents,
                        Splits = items.Splits,
                        Gold = items.Gold,
                        LabelerIds = labelers.Ids,
                        Annotations = annotations,
                    };
                    return (snapshot, pinned ?? SnapshotContent.Of(items, labelers.Keys, annotations));
                }
                catch
                {
                    items.Features.Dispose();
                    items.Contents?.Dispose();
                    throw;
                }
            },
            cancel, IsolationLevel.RepeatableRead);

    private static async Task<(long[] Keys, string[] Ids)> ReadLabelersAsync(
        NpgsqlConnection connection, long key, SnapshotContent? pinned, SnapshotHash hash, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection, "SELECT labeler_key, external_id FROM labelers WHERE dataset_id = $1 ORDER BY labeler_key", key)
            .ListAsync(row => (Key: row.GetInt64(0), Id: row.GetString(1)), cancel);
        if (pinned is not null)
        {
            rows = [.. rows.Where(row => Array.BinarySearch(pinned.LabelerKeys, row.Key) >= 0)];
            if (rows.Count != pinned.LabelerKeys.Length)
            {
                throw Changed("labelers were deleted");
            }
        }

        foreach (var (_, id) in rows)
        {
            hash.Labeler(id);
        }

        return ([.. rows.Select(row => row.Key)], [.. rows.Select(row => row.Id)]);
    }

    private static AnnotationTable Annotations(SnapshotContent pinned, DatasetSchema schema, SnapshotHash hash)
    {
        try
        {
            var table = new AnnotationTable(
                pinned.ItemKeys.Length, pinned.LabelerKeys.Length, schema.Classes.Count, pinned.Items, pinned.Labelers, pinned.Classes);
            for (var a = 0; a < table.Count; a++)
            {
                hash.Annotation(table.Items[a], table.Labelers[a], table.Classes[a]);
            }

            return table;
        }
        catch (ArgumentException error)
        {
            throw Changed($"what was noted of it is damaged ({error.Message})");
        }
    }

    private static async Task<AnnotationTable> ReadAnnotationsAsync(
        NpgsqlConnection connection, long key, DatasetSchema schema, long[] itemKeys, long[] labelerKeys, SnapshotHash hash,
        CancellationToken cancel)
    {
        var count = await Sql.Command(connection, "SELECT count(*) FROM annotations WHERE dataset_id = $1 AND class_index IS NOT NULL", key)
            .ScalarAsync<long>(cancel);
        var items = new List<int>(checked((int)count));
        var labelers = new List<int>((int)count);
        var classes = new List<int>((int)count);
        await using var export = await connection.BeginBinaryExportAsync(
            $"""
            COPY (SELECT item_key, labeler_key, class_index FROM annotations
                  WHERE dataset_id = {key} AND class_index IS NOT NULL ORDER BY item_key, labeler_key) TO STDOUT (FORMAT BINARY)
            """,
            cancel);
        var item = 0;
        while (await export.StartRowAsync(cancel) >= 0)
        {
            // Both sides ascend by item key, so the index of the item only moves forward.
            var itemKey = await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancel);
            var labeler = Array.BinarySearch(labelerKeys, await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancel));
            var classIndex = await export.ReadAsync<short>(NpgsqlDbType.Smallint, cancel);
            while (item < itemKeys.Length && itemKeys[item] < itemKey)
            {
                item++;
            }

            if (item < itemKeys.Length && itemKeys[item] == itemKey && labeler >= 0)
            {
                items.Add(item);
                labelers.Add(labeler);
                classes.Add(classIndex);
                hash.Annotation(item, labeler, classIndex);
            }
        }

        return new AnnotationTable(
            itemKeys.Length, labelerKeys.Length, schema.Classes.Count, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(items),
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(labelers), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(classes));
    }
}
