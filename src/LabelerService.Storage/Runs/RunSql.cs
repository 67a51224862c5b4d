using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Telemetry;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Notifications;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Runs;

/// <summary>What the parts of <see cref="RunStore"/> share: columns, event append, fencing.</summary>
internal static class RunSql
{
    public const string Columns =
        """
        r.dataset_id, (SELECT d.id FROM datasets d WHERE d.dataset_id = r.dataset_id), r.run_id, r.uid, r.algorithm, r.model_id, r.seed,
        r.requested_settings, r.effective_settings, r.state, r.priority, r.attempt, r.cancel_requested, r.lease_owner, r.lease_expires_at,
        r.phase, r.epoch, r.epochs, r.loss, r.validation_metric, r.eta_seconds, r.error, r.model_version, r.last_sequence, r.create_time,
        r.start_time, r.end_time, r.update_time, r.version, r.fencing_token, r.validation_metric_name,
        r.retraining_policy, r.retraining_reason,
        r.resumed_count, r.last_checkpoint_time, r.warm_start_model, r.warm_start_version, r.curve_id, r.trace_parent
        """;

    public const int FencingTokenColumn = 29;

    /// <summary>A condition on runs r: those of others' algorithms wait for others' trainers.</summary>
    public const string NotRemote = $"NOT starts_with(r.algorithm, '{RemoteAlgorithms.Prefix}')";

    /// <summary>Every change of a run goes through here: it counts the version and reserves the next event.</summary>
    public const string Touch = "version = r.version + 1, update_time = now(), last_sequence = r.last_sequence + 1";

    /// <summary>
    /// Wraps an <c>UPDATE training_runs AS r … RETURNING r.*</c> so that the event is appended and announced with it. $1 dataset, $2
    /// run, $3 kind (unless <paramref name="kind"/> decides it from the changed row r), $4 payload. Returns the run, or no row if the update met none.
    /// </summary>
    public static string WithEvent(string update, string kind = "$3") =>
        $"""
        WITH r AS ({update}),
        appended AS (
            INSERT INTO training_run_events (dataset_id, run_id, sequence, kind, payload)
            SELECT dataset_id, run_id, last_sequence, {kind}, $4 FROM r
        ), {ForgetCheckpoint}
        SELECT {Columns}, pg_notify('{Channels.RunEvents}', dataset_id || '/' || run_id) FROM r
        """;

    /// <summary>Inserts a queued run within a transaction that holds the dataset's shared lock, and wakes the trainers.</summary>
    /// <exception cref="ServiceException">AlreadyExists: the id is taken.</exception>
    public static async Task<RunRecord> InsertAsync(NpgsqlConnection connection, DatasetRecord dataset, RunWrite run, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection,
            $"""
            WITH r AS (
                INSERT INTO training_runs (dataset_id, run_id, uid, algorithm, model_id, seed, requested_settings, state, priority,
                    attempt, cancel_requested, fencing_token, last_sequence, retraining_policy, retraining_reason, warm_start_model, warm_start_version,
                    curve_id, trace_parent, trainer_level)
                VALUES ($1, $2, gen_random_uuid(), $5, $6, $7, $8, {(int)RunState.Queued}, $9, 0, false, 0, 1, $10, $11, $12, $13, $14, $15, $16)
                ON CONFLICT DO NOTHING RETURNING *
            ), appended AS (
                INSERT INTO training_run_events (dataset_id, run_id, sequence, kind, payload)
                SELECT dataset_id, run_id, last_sequence, $3, $4 FROM r
            )
            SELECT {Columns}, pg_notify('{Channels.RunEvents}', dataset_id || '/' || run_id), pg_notify('{Channels.RunQueue}', '')
            FROM r
            """,
            dataset.Key, run.RunId, Kind(RunEventKind.Queued), Payload(), run.Algorithm, run.ModelId, run.Seed,
            Sql.Json(Json.WriteMap(run.Settings)), run.Priority, Sql.Typed(run.RetrainingPolicy, NpgsqlDbType.Text),
            Sql.Typed(run.RetrainingReason, NpgsqlDbType.Text), Sql.Typed(run.WarmStart?.ModelId, NpgsqlDbType.Text),
            Sql.Typed(run.WarmStart?.Version, NpgsqlDbType.Integer), Sql.Typed(run.CurveId, NpgsqlDbType.Text),
            Sql.Typed(ServiceTelemetry.TraceParent, NpgsqlDbType.Text), TrainerLevel.Of(dataset.Schema, run)).ListAsync(Read, cancel);
        return rows.Count == 1
            ? rows[0]
            : throw new ServiceException(
                ErrorKind.AlreadyExists, "TRAINING_RUN_EXISTS",
                $"datasets/{dataset.Id}/trainingRuns/{run.RunId} exists already. Choose another id.",
                new FieldViolation("training_run_id", "is taken"));
    }

    /// <summary>A part of a statement that changes runs r: whoever has ended needs no checkpoint.</summary>
    public const string ForgetCheckpoint =
        """
        forgotten AS (
            DELETE FROM run_checkpoints c USING r WHERE c.dataset_id = r.dataset_id AND c.run_id = r.run_id AND r.state IN (3, 4, 5)
        )
        """;

    public static ServiceException Stale(RunRecord run) => new(
        ErrorKind.Aborted, "STALE_LEASE",
        $"The lease of datasets/{run.DatasetId}/trainingRuns/{run.RunId} is another trainer's now. Stop this attempt and discard its results.");

    public static NpgsqlParameter Payload(RunProgress? progress = null, string? message = null) =>
        Sql.Json(Json.Write(new EventPayload(progress, message)));

    public static NpgsqlParameter Kind(RunEventKind kind) => Sql.Typed((short)kind, NpgsqlDbType.Smallint);

    public static RunEvent ReadEvent(NpgsqlDataReader row)
    {
        var payload = Json.Read<EventPayload>(row.GetString(2));
        return new RunEvent(
            row.GetInt64(0), (RunEventKind)row.GetInt16(1), payload.Progress, payload.Message, row.GetFieldValue<DateTimeOffset>(3));
    }

    public static RunRecord Read(NpgsqlDataReader row) => new()
    {
        DatasetKey = row.GetInt64(0),
        DatasetId = row.GetString(1),
        RunId = row.GetString(2),
        Uid = row.GetGuid(3),
        Algorithm = row.GetString(4),
        ModelId = row.GetString(5),
        Seed = row.GetInt64(6),
        RequestedSettings = Json.ReadMap(row.GetString(7)),
        EffectiveSettings = Json.ReadMap(row.GetString(8)),
        State = (RunState)row.GetInt16(9),
        Priority = row.GetInt32(10),
        Attempt = row.GetInt32(11),
        CancelRequested = row.GetBoolean(12),
        LeaseOwner = row.MaybeText(13),
        LeaseExpiresAt = row.Maybe<DateTimeOffset>(14),
        Progress = row.IsDBNull(15)
            ? null
            : new RunProgress(
                row.GetString(15), row.GetInt32(16), row.GetInt32(17), row.Maybe<double>(18), row.Maybe<double>(19), row.Maybe<double>(20),
                row.MaybeText(30)),
        Error = row.MaybeText(21),
        ModelVersion = row.Maybe<int>(22),
        LastSequence = row.GetInt64(23),
        CreateTime = row.GetFieldValue<DateTimeOffset>(24),
        StartTime = row.Maybe<DateTimeOffset>(25),
        EndTime = row.Maybe<DateTimeOffset>(26),
        UpdateTime = row.GetFieldValue<DateTimeOffset>(27),
        Version = row.GetInt64(28),
        RetrainingPolicy = row.MaybeText(31),
        RetrainingReason = row.MaybeText(32),
        ResumedCount = row.GetInt32(33),
        LastCheckpointTime = row.Maybe<DateTimeOffset>(34),
        WarmStart = row.IsDBNull(35) ? null : new WarmStart(row.GetString(35), row.GetInt32(36)),
        CurveId = row.MaybeText(37),
        TraceParent = row.MaybeText(38),
    };

    private sealed record EventPayload(RunProgress? Progress, string? Message);
}
