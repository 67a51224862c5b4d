using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using NpgsqlTypes;

namespace LabelerService.Storage.Runs;

/// <summary>
/// Training runs: the resource that users see, and the queue that trainers lease from. The clock is always the database's. Every change
/// appends an event and announces it.
/// </summary>
public sealed partial class RunStore
{
    private const int MaxErrorBytes = 8192;
    private const int MaxSettings = 256;

    private readonly Db _db;
    private readonly int _maxAttempts;

    internal RunStore(Db db, int maxAttempts)
    {
        _db = db;
        _maxAttempts = maxAttempts;
    }

    /// <summary>Creates a queued run and wakes the trainers.</summary>
    /// <exception cref="ServiceException">
    /// AlreadyExists: the id is taken (unless the same request created it). InvalidArgument: an invalid id or setting. NotFound: the
    /// dataset was deleted.
    /// </exception>
    public Task<RunRecord> CreateAsync(DatasetRecord dataset, RunWrite run, RequestIdentity? request, CancellationToken cancel)
    {
        TextRules.CheckResourceId("training_run_id", run.RunId);
        TextRules.CheckResourceId("training_run.algorithm", run.Algorithm);
        TextRules.CheckResourceId("training_run.model_id", run.ModelId);
        CheckSettings(run.Settings);
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                return await RunSql.InsertAsync(connection, dataset, run, token);
            },
            cancel);
    }

    /// <summary>Finds a run.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<RunRecord> GetAsync(DatasetRecord dataset, string runId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("training_run", runId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {RunSql.Columns} FROM training_runs r WHERE r.dataset_id = $1 AND r.run_id = $2", dataset.Key, runId)
                .ListAsync(RunSql.Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, runId);
    }

    /// <summary>Lists the runs of a dataset by descending id (byte order): ids are made of the time, so the newest comes first.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="state">Only runs in this state; null does not filter.</param>
    /// <param name="afterId">Last id already seen; null starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<RunRecord>> ListAsync(
        DatasetRecord dataset, RunState? state, string? afterId, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT {RunSql.Columns} FROM training_runs r
                WHERE r.dataset_id = $1{(afterId is null ? "" : " AND r.run_id < $4")} AND ($2::smallint IS NULL OR r.state = $2)
                ORDER BY r.run_id DESC LIMIT $3
                """,
                [dataset.Key, Sql.Typed((short?)state, NpgsqlDbType.Smallint), limit, .. afterId is null ? Array.Empty<object>() : [afterId]]).ListAsync(RunSql.Read, token),
            cancel);

    /// <summary>Events of a run after a sequence, in order. Watch with <see cref="RunEventListener"/> and read again at each notice.</summary>
    public async Task<IReadOnlyList<RunEvent>> EventsAfterAsync(
        long datasetKey, string runId, long sequence, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT sequence, kind, payload, time FROM training_run_events
                WHERE dataset_id = $1 AND run_id = $2 AND sequence > $3 ORDER BY sequence LIMIT $4
                """,
                datasetKey, runId, sequence, limit).ListAsync(RunSql.ReadEvent, token),
            cancel);

    /// <summary>
    /// Asks to cancel a run: a queued one is cancelled at once, a running one when its trainer hears of it. A run that has ended, or is
    /// being cancelled, stays as it is.
    /// </summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<RunRecord> RequestCancelAsync(DatasetRecord dataset, string runId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("training_run", runId);
        return await _db.TransactAsync(
            async (connection, token) =>
            {
                var rows = await Sql.Command(
                    connection, $"SELECT {RunSql.Columns} FROM training_runs r WHERE r.dataset_id = $1 AND r.run_id = $2 FOR UPDATE OF r",
                    dataset.Key, runId).ListAsync(RunSql.Read, token);
                var run = rows.Count == 1 ? rows[0] : throw Missing(dataset, runId);
                if (run.CancelRequested || run.State is not (RunState.Queued or RunState.Running))
                {
                    return run;
                }

                var (kind, change) = run.State == RunState.Queued
                    ? (RunEventKind.Cancelled, $"state = {(int)RunState.Cancelled}, end_time = now(), ")
                    : (RunEventKind.CancelRequested, "");
                var updated = await Sql.Command(
                    connection,
                    RunSql.WithEvent(
                        $"""
                        UPDATE training_runs AS r SET {change}cancel_requested = true, {RunSql.Touch}
                        WHERE r.dataset_id = $1 AND r.run_id = $2 RETURNING r.*
                        """),
                    dataset.Key, runId, RunSql.Kind(kind), RunSql.Payload()).ListAsync(RunSql.Read, token);
                return updated[0];
            },
            cancel);
    }

    private static ServiceException Missing(DatasetRecord dataset, string runId) =>
        ServiceException.NotFound("training_run", $"datasets/{dataset.Id}/trainingRuns/{runId}");

    private static void CheckSettings(IReadOnlyDictionary<string, string> settings)
    {
        if (settings.Count > MaxSettings)
        {
            throw ServiceException.InvalidField("training_run.settings", $"must have at most {MaxSettings} entries");
        }

        foreach (var (key, value) in settings)
        {
            TextRules.CheckExternalId("training_run.settings key", key);
            TextRules.CheckText("training_run.settings value", value, 1024);
        }
    }
}
