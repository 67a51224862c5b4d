using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Database;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LabelerService.Storage.Datasets;

/// <summary>Datasets: creation, lists, changes, deletion and counts.</summary>
public sealed class DatasetStore
{
    private const string Columns = "dataset_id, id, uid, display_name, schema, tags, create_time, update_time, version, max_items, max_annotations, max_labelers, max_bytes";

    // Whatever is written to items moves one of the first three.
    private const string StateSql =
        """
        SELECT d.key_epoch::bigint, coalesce(sum(u.items), 0)::bigint, coalesce(sum(u.item_changes), 0)::bigint,
            coalesce(sum(u.labelers), 0)::bigint, coalesce(sum(u.annotations), 0)::bigint
        FROM datasets d LEFT JOIN dataset_usage u USING (dataset_id)
        """;

    // Whatever artefact the dataset's rows name.
    private const string ReferredSql =
        """
        SELECT DISTINCT h.sha256 FROM model_versions v, LATERAL (VALUES
            (v.artefact_sha256), (v.weights_sha256), (v.out_of_fold_sha256), (v.encoder_sha256)) AS h(sha256)
        WHERE v.dataset_id = $1 AND h.sha256 IS NOT NULL
        UNION SELECT b.artefact_sha256 FROM backbones b WHERE b.dataset_id = $1
        """;

    /// <summary>Every table that holds rows of a dataset. Runs go before their events: a trainer that reports progress locks its run first.</summary>
    private static readonly string[] Tables =
    [
        "annotation_history", "annotations", "items", "labelers", "dataset_usage", "dataset_writes", "retraining_policies", "promotion_decisions",
        "training_runs", "training_run_events", "run_checkpoints", "model_aliases", "model_alias_changes", "model_versions", "models", "request_ids", "predictions",
        "prediction_jobs", "backbones", "extracted_features", "feature_extractions", "curve_points", "curves",
        "studio_annotations", "labeler_erasures",
    ];

    private readonly CountMemory _counts = new();
    private readonly Db _db;

    internal DatasetStore(Db db) => _db = db;

    /// <summary>Creates a dataset.</summary>
    /// <exception cref="ServiceException">
    /// AlreadyExists: the id is taken (unless the same request created it). InvalidArgument: an id, name or tag that cannot be stored.
    /// </exception>
    public Task<DatasetRecord> CreateAsync(DatasetWrite dataset, RequestIdentity? request, CancellationToken cancel)
    {
        TextRules.CheckResourceId("dataset_id", dataset.Id);
        TextRules.CheckText("dataset.display_name", dataset.DisplayName, TextRules.MaxDisplayNameBytes);
        TextRules.CheckTags("dataset.tags", dataset.Tags);
        CheckSchema(dataset.Schema);
        var quota = dataset.Quota ?? new DatasetQuota();
        CheckQuota(quota);
        return _db.TransactOnceAsync(
            0, request,
            async (connection, token) =>
            {
                var rows = await Sql.Command(
                    connection,
                    $"""
                    INSERT INTO datasets (id, uid, display_name, schema, tags, max_items, max_annotations, max_labelers, max_bytes)
                    VALUES ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7, $8)
                    ON CONFLICT (id) DO NOTHING RETURNING {Columns}
                    """,
                    dataset.Id, dataset.DisplayName, Sql.Json(Json.Write(dataset.Schema)), Sql.Json(Json.WriteMap(dataset.Tags)),
                    quota.MaxItems, quota.MaxAnnotations, quota.MaxLabelers, quota.MaxBytes)
                    .ListAsync(Read, token);
                return rows.Count == 1
                    ? rows[0]
                    : throw new ServiceException(
                        ErrorKind.AlreadyExists, "DATASET_EXISTS", $"datasets/{dataset.Id} exists already. Choose another id or use it.",
                        new FieldViolation("dataset_id", "is taken"));
            },
            cancel);
    }

    /// <summary>Finds a dataset by its id.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<DatasetRecord> GetAsync(string id, CancellationToken cancel) =>
        await FindAsync(id, cancel) ?? throw Missing(id);

    /// <summary>Finds a dataset by its id; null if there is none (or the id could not be one).</summary>
    public async Task<DatasetRecord?> FindAsync(string id, CancellationToken cancel)
    {
        if (id.Contains('\0') || TextRules.ExternalIdProblem(id) is not null)
        {
            return null;
        }

        var row = await _db.QueryAsync(
            (context, token) => context.Datasets.AsNoTracking().SingleOrDefaultAsync(dataset => dataset.Id == id, token), cancel);
        return row is null ? null : Record(row);
    }

    /// <summary>Lists datasets by ascending id (byte order).</summary>
    /// <param name="afterId">Last id already seen; null starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    /// <param name="only">Ids of the datasets to choose from; null for all.</param>
    public async Task<IReadOnlyList<DatasetRecord>> ListAsync(
        string? afterId, int limit, CancellationToken cancel, IReadOnlyCollection<string>? only = null)
    {
        var after = afterId ?? "";
        var ids = only?.ToArray();
        var rows = await _db.QueryAsync(
            (context, token) => context.Datasets.AsNoTracking()
                .Where(dataset => string.Compare(dataset.Id, after) > 0 && (ids == null || ids.Contains(dataset.Id))).OrderBy(dataset => dataset.Id).Take(limit).ToListAsync(token),
            cancel);
        return rows.ConvertAll(Record);
    }

    /// <summary>Changes a dataset's name, tags or quota.</summary>
    /// <param name="id">Id of the dataset.</param>
    /// <param name="change">What to change.</param>
    /// <param name="expectedVersion">Version the caller has seen (etag); null overwrites whatever is there.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NotFound; Aborted (ETAG_MISMATCH): changed in the meantime; InvalidArgument.</exception>
    public async Task<DatasetRecord> UpdateAsync(string id, DatasetChange change, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckText("dataset.display_name", change.DisplayName ?? "", TextRules.MaxDisplayNameBytes);
        TextRules.CheckTags("dataset.tags", change.Tags);
        CheckQuota(change.Quota ?? new DatasetQuota());
        var current = await GetAsync(id, cancel);
        var updated = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                UPDATE datasets SET display_name = coalesce($3, display_name), tags = coalesce($4, tags), update_time = now(), version = version + 1,
                    max_items = coalesce($5, max_items), max_annotations = coalesce($6, max_annotations),
                    max_labelers = coalesce($7, max_labelers), max_bytes = coalesce($8, max_bytes)
                WHERE dataset_id = $1 AND ($2::bigint IS NULL OR version = $2) RETURNING {Columns}
                """,
                current.Key, Sql.Typed(expectedVersion, NpgsqlTypes.NpgsqlDbType.Bigint),
                Sql.Typed(change.DisplayName, NpgsqlTypes.NpgsqlDbType.Text),
                Sql.Typed(change.Tags is null ? null : Json.WriteMap(change.Tags), NpgsqlTypes.NpgsqlDbType.Jsonb),
                Limit(change.Quota?.MaxItems), Limit(change.Quota?.MaxAnnotations), Limit(change.Quota?.MaxLabelers),
                Limit(change.Quota?.MaxBytes))
                .ListAsync(Read, token),
            cancel);
        return updated.Count == 1 ? updated[0] : throw EtagMismatch($"datasets/{id}");
    }

    /// <summary>Deletes a dataset with everything in it. Artefacts that no model refers to any more go with it.</summary>
    /// <param name="id">Id of the dataset.</param>
    /// <param name="expectedVersion">Version the caller has seen (etag); null deletes whatever is there.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NotFound; Aborted (ETAG_MISMATCH): changed in the meantime.</exception>
    public async Task DeleteAsync(string id, long? expectedVersion, CancellationToken cancel)
    {
        var dataset = await GetAsync(id, cancel);
        await _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ExcludeAsync(connection, dataset, token);
                var referred = await Sql.Command(connection, ReferredSql, dataset.Key).ListAsync(row => row.GetFieldValue<byte[]>(0), token);
                var deleted = await Sql.Command(
                    connection, "DELETE FROM datasets WHERE dataset_id = $1 AND ($2::bigint IS NULL OR version = $2)",
                    dataset.Key, Sql.Typed(expectedVersion, NpgsqlTypes.NpgsqlDbType.Bigint)).ExecuteAsync(token);
                if (deleted == 0)
                {
                    throw EtagMismatch($"datasets/{id}");
                }

                // The lock waits for publications in flight: one of them may be about to refer to an artefact that is here already.
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(Sql.BatchCommand("LOCK TABLE artefacts IN SHARE ROW EXCLUSIVE MODE"));
                foreach (var table in Tables)
                {
                    batch.BatchCommands.Add(Sql.BatchCommand($"DELETE FROM {table} WHERE dataset_id = $1", dataset.Key));
                }

                batch.BatchCommands.Add(Sql.BatchCommand(
                    $"DELETE FROM artefacts a WHERE a.sha256 = ANY($1) AND {ArtefactSql.Unreferenced}",
                    Sql.Typed(referred.ToArray(), NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bytea)));
                batch.BatchCommands.Add(Sql.BatchCommand($"SELECT pg_notify('{Channels.Models}', $1)", id));
                return await batch.ExecuteNonQueryAsync(token);
            },
            cancel);
    }

    /// <summary>
    /// Counts what a dataset holds, all in one snapshot. Items are counted one by one only where some were written since the last time: the
    /// counters say so.
    /// </summary>
    public async Task<DatasetCounts> CountAsync(DatasetRecord dataset, CancellationToken cancel)
    {
        var known = await _db.RunAsync(
            (connection, token) => Sql.Command(connection, $"{StateSql} WHERE d.dataset_id = $1 GROUP BY d.dataset_id", dataset.Key).ListAsync(ReadState, token), cancel);
        if (known.Count == 1 && _counts.Find(dataset.Key, known[0].State) is { } items)
        {
            return Counts(items, known[0]);
        }

        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT s.*, i.* FROM ({StateSql} WHERE d.dataset_id = $1 GROUP BY d.dataset_id) s
                RIGHT JOIN (
                    SELECT count(*) AS total, count(*) FILTER (WHERE features IS NOT NULL) AS features, count(gold_class) AS gold,
                           count(*) FILTER (WHERE split = 1) AS train, count(*) FILTER (WHERE split = 2) AS validation,
                           count(*) FILTER (WHERE split = 3) AS test
                    FROM items WHERE dataset_id = $1) i ON true
                """,
                dataset.Key).ListAsync(
                    row => (
                        Exists: !row.IsDBNull(0), Known: row.IsDBNull(0) ? default : ReadState(row),
                        Items: new ItemCounts(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10))),
                    token),
            cancel);
        var counted = rows[0];
        if (counted.Exists)
        {
            _counts.Keep(dataset.Key, counted.Known.State, counted.Items);
        }

        return Counts(counted.Items, counted.Known);

        static DatasetCounts Counts(ItemCounts items, (ItemState State, long Labelers, long Annotations) now) => new(
            items.All, items.WithFeatures, now.Labelers, now.Annotations, items.Gold, items.Train, items.Validation, items.Test);

        static (ItemState State, long Labelers, long Annotations) ReadState(NpgsqlDataReader row) =>
            (new ItemState(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), row.GetInt64(3), row.GetInt64(4));
    }

    /// <summary>What a dataset holds now and what was ever written to it, from its counters: exact, and as cheap for millions of rows as for none.</summary>
    /// <returns>Null if the dataset is not there any more.</returns>
    public async Task<ActivitySample?> ActivityAsync(DatasetRecord dataset, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT statement_timestamp(), coalesce(sum(u.items), 0)::bigint, coalesce(sum(u.labelers), 0)::bigint,
                    coalesce(sum(u.annotations), 0)::bigint, coalesce(sum(u.changes), 0)::bigint, coalesce(sum(u.item_changes), 0)::bigint
                FROM datasets d LEFT JOIN dataset_usage u USING (dataset_id) WHERE d.dataset_id = $1 GROUP BY d.dataset_id
                """,
                dataset.Key).ListAsync(
                    row => new ActivitySample(
                        row.GetFieldValue<DateTimeOffset>(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)),
                    token),
            cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The changed-in-the-meantime error of every resource with an etag.</summary>
    internal static ServiceException EtagMismatch(string resource) => new(
        ErrorKind.Aborted, "ETAG_MISMATCH", $"{resource} changed since you read it. Read it again and repeat the change.",
        new FieldViolation("etag", "is not the current one"));

    internal static ServiceException Missing(string id) =>
        ServiceException.NotFound("dataset", $"datasets/{id}", "Create it first, or list the datasets to see their ids.");

    private static void CheckSchema(DatasetSchema schema)
    {
        if (schema.Classes.Count is < 2 or > short.MaxValue)
        {
            throw ServiceException.InvalidField("dataset.classes", $"must be 2 to {short.MaxValue} names");
        }

        for (var i = 0; i < schema.Classes.Count; i++)
        {
            TextRules.CheckExternalId($"dataset.classes[{i}]", schema.Classes[i]);
        }
    }

    private static void CheckQuota(DatasetQuota quota)
    {
        foreach (var (field, value) in (ReadOnlySpan<(string, long)>)
            [("max_items", quota.MaxItems), ("max_annotations", quota.MaxAnnotations), ("max_labelers", quota.MaxLabelers), ("max_bytes", quota.MaxBytes)])
        {
            if (value < 0)
            {
                throw ServiceException.InvalidField($"dataset.quota.{field}", "must not be negative; 0 is no limit");
            }
        }
    }

    private static NpgsqlParameter Limit(long? value) => Sql.Typed(value, NpgsqlTypes.NpgsqlDbType.Bigint);

    private static DatasetRecord Record(DatasetEntity row) => new()
    {
        Key = row.DatasetId,
        Id = row.Id,
        Uid = row.Uid,
        DisplayName = row.DisplayName,
        Schema = Json.Read<DatasetSchema>(row.Schema),
        Tags = Json.ReadMap(row.Tags),
        CreateTime = row.CreateTime,
        UpdateTime = row.UpdateTime,
        Version = row.Version,
        Quota = new DatasetQuota(row.MaxItems, row.MaxAnnotations, row.MaxLabelers, row.MaxBytes),
    };

    private static DatasetRecord Read(NpgsqlDataReader row) => new()
    {
        Key = row.GetInt64(0),
        Id = row.GetString(1),
        Uid = row.GetGuid(2),
        DisplayName = row.GetString(3),
        Schema = Json.Read<DatasetSchema>(row.GetString(4)),
        Tags = Json.ReadMap(row.GetString(5)),
        CreateTime = row.GetFieldValue<DateTimeOffset>(6),
        UpdateTime = row.GetFieldValue<DateTimeOffset>(7),
        Version = row.GetInt64(8),
        Quota = new DatasetQuota(row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12)),
    };
}
