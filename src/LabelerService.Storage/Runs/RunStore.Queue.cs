using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Schema;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Runs;

public sealed partial class RunStore
{
    private static readonly string Lapsed = $"r.state = {(int)RunState.Running} AND r.lease_expires_at < clock_timestamp()";

    private static readonly string SayLevel = $"SELECT set_config('{PreviousVersionSql.LevelSetting}', '{TrainerLevel.Current}', true)";

    /// <summary>
    /// Claims the run that should run next: highest priority first, then the oldest; of those that are queued, or whose trainer's lease
    /// lapsed, and that a trainer of this version can do. Two trainers never get the same one. Null if none waits. A run whose trainers died too often without its getting ahead
    /// (<see cref="WriteCheckpointAsync"/>) ends instead.
    /// </summary>
    /// <param name="trainer">Name of the trainer, for people.</param>
    /// <param name="leaseDuration">Time until the lease lapses without a heartbeat; at least three heartbeats long.</param>
    /// <param name="cancel">Cancels.</param>
    public Task<RunLease?> TryClaimAsync(string trainer, TimeSpan leaseDuration, CancellationToken cancel) =>
        ClaimAsync(trainer, leaseDuration, RunSql.NotRemote, [], cancel);

    /// <summary>Claims the next run for a trainer that is not of this service: one whose data it can read and whose algorithm it knows.</summary>
    /// <param name="trainer">Name of the trainer, for people.</param>
    /// <param name="leaseDuration">Time until the lease lapses without a heartbeat; at least three heartbeats long.</param>
    /// <param name="algorithms">The algorithms that it knows.</param>
    /// <param name="datasets">Ids of the datasets that it may read; null for all.</param>
    /// <param name="cancel">Cancels.</param>
    public Task<RunLease?> TryClaimRemoteAsync(
        string trainer, TimeSpan leaseDuration, IReadOnlyList<string> algorithms, IReadOnlyCollection<string>? datasets, CancellationToken cancel) =>
        ClaimAsync(
            trainer, leaseDuration,
            $"""
            r.algorithm = ANY($5) AND r.curve_id IS NULL AND r.warm_start_model IS NULL AND EXISTS (
                SELECT 1 FROM datasets d WHERE d.dataset_id = r.dataset_id AND ($6::text[] IS NULL OR d.id = ANY($6))
                    AND (d.schema ->> 'ItemKind')::integer IN ({(int)ItemKind.Vector}, {(int)ItemKind.Image}))
            """,
            [algorithms.ToArray(), Sql.Typed(datasets?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)], cancel);

    private Task<RunLease?> ClaimAsync(
        string trainer, TimeSpan leaseDuration, string condition, IReadOnlyList<object> values, CancellationToken cancel)
    {
        TextRules.CheckText("trainer", trainer, TextRules.MaxExternalIdBytes);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                await EndLapsedAsync(
                    connection, $"{Lapsed} AND r.cancel_requested", RunState.Cancelled, RunEventKind.Cancelled, null, token);
                await EndLapsedAsync(
                    connection, $"{Lapsed} AND r.stalled_attempts >= {_maxAttempts}", RunState.Failed, RunEventKind.Failed,
                    $"The trainer died {_maxAttempts} times during this run without getting ahead with it. Look into its log (out of memory?), then create the run again.", token);
                await Sql.Command(connection, SayLevel).ExecuteAsync(token);
                var leases = await Sql.Command(
                    connection,
                    $"""
                    WITH next AS (
                        SELECT r.dataset_id, r.run_id FROM training_runs r
                        WHERE r.state IN ({(int)RunState.Queued}, {(int)RunState.Running}) AND (r.state = {(int)RunState.Queued} OR ({Lapsed}))
                            AND r.trainer_level <= {TrainerLevel.Current} AND {condition}
                        ORDER BY r.priority DESC, r.create_time, r.dataset_id, r.run_id LIMIT 1 FOR UPDATE SKIP LOCKED
                    ), r AS (
                        UPDATE training_runs AS r SET state = {(int)RunState.Running}, attempt = r.attempt + 1, stalled_attempts = r.stalled_attempts + 1,
                            fencing_token = r.fencing_token + 1, lease_owner = $1, lease_expires_at = clock_timestamp() + $2,
                            start_time = now(), phase = NULL, epoch = NULL, epochs = NULL, loss = NULL, validation_metric = NULL,
                            eta_seconds = NULL, {RunSql.Touch}
                        FROM next WHERE r.dataset_id = next.dataset_id AND r.run_id = next.run_id RETURNING r.*
                    ), appended AS (
                        INSERT INTO training_run_events (dataset_id, run_id, sequence, kind, payload)
                        SELECT dataset_id, run_id, last_sequence, $3, $4 FROM r
                    )
                    SELECT {RunSql.Columns}, pg_notify('{Channels.RunEvents}', dataset_id || '/' || run_id) FROM r
                    """,
                    [trainer, leaseDuration, RunSql.Kind(RunEventKind.Started), RunSql.Payload(message: trainer), .. values.Select(value => Copy(value)!)])
                    .ListAsync(row => new RunLease(RunSql.Read(row), row.GetInt64(RunSql.FencingTokenColumn)), token);
                return leases.Count == 1 ? leases[0] : null;
            },
            cancel);
    }

    /// <summary>Number of runs that wait for a trainer of this service: what a scaler looks at.</summary>
    public Task<long> CountQueuedAsync(CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT count(*) FROM training_runs r WHERE r.state IN (1, 2) AND r.state = {(int)RunState.Queued} AND {RunSql.NotRemote}")
                .ScalarAsync<long>(token),
            cancel);

    /// <summary>What a trainer is told whose lease is another's.</summary>
    public static ServiceException Stale(RunLease lease) => RunSql.Stale(lease.Run);

    /// <summary>Prolongs a lease. An owner that was late keeps it as long as no other trainer has claimed the run.</summary>
    public async Task<HeartbeatResult> HeartbeatAsync(RunLease lease, TimeSpan leaseDuration, CancellationToken cancel)
    {
        var answers = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                UPDATE training_runs SET lease_expires_at = clock_timestamp() + $4
                WHERE dataset_id = $1 AND run_id = $2 AND fencing_token = $3 AND state = {(int)RunState.Running} RETURNING cancel_requested
                """,
                lease.Run.DatasetKey, lease.Run.RunId, lease.FencingToken, leaseDuration)
                .ListAsync(row => new HeartbeatResult(true, row.GetBoolean(0)), token),
            cancel);
        return answers.Count == 1 ? answers[0] : default;
    }

    /// <summary>Reports progress: it becomes the run's latest and an event.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE): another trainer has the run, or it has ended.</exception>
    public Task AppendProgressAsync(RunLease lease, RunProgress progress, CancellationToken cancel)
    {
        TextRules.CheckText("phase", progress.Phase, TextRules.MaxExternalIdBytes);
        TextRules.CheckText("validation_metric", progress.ValidationMetricName ?? "", TextRules.MaxExternalIdBytes);
        return OwnedAsync(
            lease, RunEventKind.Progress, RunSql.Payload(Finite(progress)),
            "phase = $6, epoch = $7, epochs = $8, loss = $9, validation_metric = $10, eta_seconds = $11, validation_metric_name = $12",
            cancel,
            progress.Phase, progress.Epoch, progress.Epochs, Sql.Typed(progress.Loss, NpgsqlDbType.Double),
            Sql.Typed(progress.ValidationMetric, NpgsqlDbType.Double), Sql.Typed(progress.EtaSeconds, NpgsqlDbType.Double),
            Sql.Typed(progress.ValidationMetricName, NpgsqlDbType.Text));
    }

    /// <summary>
    /// Records the settings as they take effect, defaults included, and how many annotations the dataset had ever received: to be called
    /// before its snapshot is read, so that retraining counts what the snapshot may lack.
    /// </summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public async Task SetEffectiveSettingsAsync(RunLease lease, IReadOnlyDictionary<string, string> settings, CancellationToken cancel)
    {
        CheckSettings(settings);
        var changed = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                UPDATE training_runs SET effective_settings = $4, version = version + 1, update_time = now(),
                    annotation_changes = coalesce(annotation_changes, (SELECT coalesce(sum(u.changes), 0)::bigint FROM dataset_usage u WHERE u.dataset_id = $1))
                WHERE dataset_id = $1 AND run_id = $2 AND fencing_token = $3 AND state = {(int)RunState.Running}
                """,
                lease.Run.DatasetKey, lease.Run.RunId, lease.FencingToken, Sql.Json(Json.WriteMap(settings))).ExecuteAsync(token),
            cancel);
        if (changed == 0)
        {
            throw RunSql.Stale(lease.Run);
        }
    }

    /// <summary>Ends a run whose work is all written and that publishes nothing.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task SucceedAsync(RunLease lease, CancellationToken cancel) =>
        OwnedAsync(
            lease, RunEventKind.Succeeded, RunSql.Payload(),
            $"state = {(int)RunState.Succeeded}, end_time = now(), lease_expires_at = NULL, eta_seconds = NULL", cancel);

    /// <summary>Ends a run with an error that a user can act on; it is not tried again.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task FailAsync(RunLease lease, string error, CancellationToken cancel)
    {
        var text = Storable(error);
        return OwnedAsync(
            lease, RunEventKind.Failed, RunSql.Payload(message: text),
            $"state = {(int)RunState.Failed}, end_time = now(), lease_expires_at = NULL, error = $6", cancel, text);
    }

    /// <summary>Ends a run whose cancellation was requested.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task MarkCancelledAsync(RunLease lease, CancellationToken cancel) =>
        OwnedAsync(
            lease, RunEventKind.Cancelled, RunSql.Payload(),
            $"state = {(int)RunState.Cancelled}, end_time = now(), lease_expires_at = NULL", cancel);

    /// <summary>Gives a run back to the queue, as a trainer does that shuts down; the attempt does not count.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public async Task ReleaseAsync(RunLease lease, CancellationToken cancel)
    {
        // A cancelled run must not go back to the queue; the condition is decided on the row itself.
        await OwnedAsync(
            lease, $"CASE WHEN r.state = {(int)RunState.Cancelled} THEN {(int)RunEventKind.Cancelled}::smallint ELSE $3 END",
            RunEventKind.Released, RunSql.Payload(),
            $"""
            state = CASE WHEN r.cancel_requested THEN {(int)RunState.Cancelled} ELSE {(int)RunState.Queued} END,
            end_time = CASE WHEN r.cancel_requested THEN now() END, attempt = r.attempt - 1,
            stalled_attempts = greatest(r.stalled_attempts - 1, 0), lease_expires_at = NULL
            """,
            cancel);
        await _db.RunAsync(
            (connection, token) => Sql.Command(connection, $"SELECT pg_notify('{Channels.RunQueue}', '')").ExecuteAsync(token), cancel);
    }

    /// <summary>Changes a run that the lease owns, with an event. $6 and on are <paramref name="values"/>.</summary>
    private Task OwnedAsync(
        RunLease lease, RunEventKind kind, NpgsqlParameter payload, string change, CancellationToken cancel, params object?[] values) =>
        OwnedAsync(lease, "$3", kind, payload, change, cancel, values);

    private async Task OwnedAsync(
        RunLease lease, string kindSql, RunEventKind kind, NpgsqlParameter payload, string change, CancellationToken cancel,
        params object?[] values)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                RunSql.WithEvent(
                    $"""
                    UPDATE training_runs AS r SET {change}, {RunSql.Touch}
                    WHERE r.dataset_id = $1 AND r.run_id = $2 AND r.fencing_token = $5 AND r.state = {(int)RunState.Running} RETURNING r.*
                    """,
                    kindSql),
                [lease.Run.DatasetKey, lease.Run.RunId, RunSql.Kind(kind), payload.Clone(), lease.FencingToken, .. values.Select(Copy)])
                .ListAsync(RunSql.Read, token),
            cancel);
        if (rows.Count == 0)
        {
            throw RunSql.Stale(lease.Run);
        }
    }

    // A parameter belongs to one command; a repetition after a serialisation failure needs its own.
    private static object? Copy(object? value) => value is NpgsqlParameter parameter ? parameter.Clone() : value;

    private static async Task EndLapsedAsync(
        NpgsqlConnection connection, string condition, RunState state, RunEventKind kind, string? message, CancellationToken cancel) =>
        await Sql.Command(
            connection,
            $"""
            WITH ended AS (
                SELECT r.dataset_id, r.run_id FROM training_runs r WHERE r.state IN (1, 2) AND {condition} FOR UPDATE SKIP LOCKED
            ), r AS (
                UPDATE training_runs AS r SET state = {(int)state}, end_time = now(), lease_expires_at = NULL, error = $3, {RunSql.Touch}
                FROM ended WHERE r.dataset_id = ended.dataset_id AND r.run_id = ended.run_id RETURNING r.*
            ), appended AS (
                INSERT INTO training_run_events (dataset_id, run_id, sequence, kind, payload)
                SELECT dataset_id, run_id, last_sequence, $1, $2 FROM r
            ), {RunSql.ForgetCheckpoint}
            SELECT pg_notify('{Channels.RunEvents}', dataset_id || '/' || run_id) FROM r
            """,
            RunSql.Kind(kind), RunSql.Payload(message: message), Sql.Typed(message, NpgsqlDbType.Text)).ExecuteAsync(cancel);

    // JSON has no NaN; a diverged loss is reported as absent in the event and as NaN in the column.
    private static RunProgress Finite(RunProgress progress) => progress with
    {
        Loss = Finite(progress.Loss),
        ValidationMetric = Finite(progress.ValidationMetric),
        EtaSeconds = Finite(progress.EtaSeconds),
    };

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    // Whatever an exception's text holds, the failure itself must get stored.
    private static string Storable(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, MaxErrorBytes));
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value != 0)
            {
                clean.Append(rune.ToString());
            }

            if (clean.Length >= MaxErrorBytes / 4)
            {
                break;
            }
        }

        return clean.ToString();
    }
}
