using System.Data;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Requests;

namespace LabelerService.Storage.Predictions;

/// <summary>
/// Prediction jobs: the resource that users see, and the queue that servers lease from. The clock is always the database's. A block of
/// predictions and how far the job is are one transaction, so a job that is taken up again goes on where it stopped.
/// </summary>
public sealed partial class PredictionJobStore
{
    private const int MaxErrorLength = 2048;

    private readonly Db _db;

    internal PredictionJobStore(Db db) => _db = db;

    /// <summary>Creates a queued job and wakes the servers.</summary>
    /// <exception cref="ServiceException">
    /// InvalidArgument: an invalid id; AlreadyExists: the id is taken; NotFound: the dataset was deleted.
    /// </exception>
    public Task<PredictionJobRecord> CreateAsync(
        DatasetRecord dataset, PredictionJobWrite job, RequestIdentity? request, CancellationToken cancel)
    {
        TextRules.CheckResourceId("prediction_job_id", job.JobId);
        TextRules.CheckResourceId("prediction_job.model.model", job.ModelId);
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var rows = await Sql.Command(
                    connection,
                    $"""
                    WITH j AS (
                        INSERT INTO prediction_jobs (dataset_id, job_id, uid, model_id, model_version, model, alias, filter,
                            labeler_probabilities, labeler_weights, distilled, state, attempt, cancel_requested, fencing_token,
                            done_item_key, item_count, predicted_count)
                        VALUES ($1, $2, gen_random_uuid(), $3, $4, $5, $6, $7, $8, $9, $10, {(int)PredictionJobState.Queued}, 0, false, 0, 0, 0, 0)
                        ON CONFLICT DO NOTHING RETURNING *
                    )
                    SELECT {PredictionJobSql.Columns}, pg_notify('{Channels.PredictionJobs}', '') FROM j
                    """,
                    dataset.Key, job.JobId, job.ModelId, job.ModelVersion, job.Model, job.Alias, job.Filter,
                    job.Outputs.LabelerProbabilities, job.Outputs.LabelerWeights, job.Outputs.Distilled)
                    .ListAsync(PredictionJobSql.Read, token);
                return rows.Count == 1
                    ? rows[0]
                    : throw new ServiceException(
                        ErrorKind.AlreadyExists, "PREDICTION_JOB_EXISTS",
                        $"datasets/{dataset.Id}/predictionJobs/{job.JobId} exists already. Choose another id.",
                        new FieldViolation("prediction_job_id", "is taken"));
            },
            cancel);
    }

    /// <summary>Finds a job.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<PredictionJobRecord> GetAsync(DatasetRecord dataset, string jobId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("prediction_job", jobId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {PredictionJobSql.Columns} FROM prediction_jobs j WHERE j.dataset_id = $1 AND j.job_id = $2", dataset.Key, jobId)
                .ListAsync(PredictionJobSql.Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, jobId);
    }

    /// <summary>Lists jobs, newest first.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="beforeKey">Key of the last job already seen; null starts at the newest.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<PredictionJobRecord>> ListAsync(
        DatasetRecord dataset, long? beforeKey, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT {PredictionJobSql.Columns} FROM prediction_jobs j
                WHERE j.dataset_id = $1 AND j.job_key < $2 ORDER BY j.job_key DESC LIMIT $3
                """,
                dataset.Key, beforeKey ?? long.MaxValue, limit).ListAsync(PredictionJobSql.Read, token),
            cancel);

    /// <summary>
    /// Asks to cancel a job: a queued one is cancelled at once, a running one with its next block. A job that has ended stays as it is.
    /// </summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<PredictionJobRecord> RequestCancelAsync(DatasetRecord dataset, string jobId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("prediction_job", jobId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                WITH changed AS (
                    UPDATE prediction_jobs AS j SET cancel_requested = true,
                        state = CASE WHEN j.state = {(int)PredictionJobState.Queued} THEN {(int)PredictionJobState.Cancelled} ELSE j.state END,
                        end_time = CASE WHEN j.state = {(int)PredictionJobState.Queued} THEN now() END
                    WHERE j.dataset_id = $1 AND j.job_id = $2 AND j.state IN (1, 2) AND NOT j.cancel_requested RETURNING *
                )
                SELECT {PredictionJobSql.Columns} FROM changed j
                UNION ALL
                SELECT {PredictionJobSql.Columns} FROM prediction_jobs j
                WHERE j.dataset_id = $1 AND j.job_id = $2 AND NOT EXISTS (SELECT 1 FROM changed)
                """,
                dataset.Key, jobId).ListAsync(PredictionJobSql.Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, jobId);
    }

    /// <summary>Deletes a job with its predictions; a server that works on it finds its lease gone.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public Task DeleteAsync(DatasetRecord dataset, string jobId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("prediction_job", jobId);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                // The job's row first: a block that is being written holds it, and none can follow.
                var keys = await Sql.Command(
                    connection, "DELETE FROM prediction_jobs WHERE dataset_id = $1 AND job_id = $2 RETURNING job_key", dataset.Key, jobId)
                    .ListAsync(row => row.GetInt64(0), token);
                return keys.Count == 0
                    ? throw Missing(dataset, jobId)
                    : await Sql.Command(connection, "DELETE FROM predictions WHERE dataset_id = $1 AND job_key = $2", dataset.Key, keys[0])
                        .ExecuteAsync(token);
            },
            cancel);
    }

    /// <summary>Lists a job's predictions by ascending item key.</summary>
    /// <param name="job">The job.</param>
    /// <param name="afterKey">Key of the last item already seen; 0 starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<PredictionRecord>> ListPredictionsAsync(
        PredictionJobRecord job, long afterKey, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT {PredictionJobSql.PredictionColumns} FROM {PredictionJobSql.PredictionSource}
                WHERE p.dataset_id = $1 AND p.job_key = $2 AND p.item_key > $3 ORDER BY p.item_key LIMIT $4
                """,
                job.DatasetKey, job.Key, afterKey, limit).ListAsync(PredictionJobSql.ReadPrediction, token),
            cancel);

    /// <summary>
    /// Reads a job's predictions by ascending item key as of one moment, one at a time: the next is read when the consumer is done with
    /// the one before, so memory holds one.
    /// </summary>
    public Task<int> ExportAsync(PredictionJobRecord job, Func<PredictionRecord, CancellationToken, ValueTask> consume, CancellationToken cancel) =>
        _db.TransactUnrepeatedAsync(
            async (connection, token) =>
            {
                await using var command = Sql.Command(
                    connection,
                    $"""
                    SELECT {PredictionJobSql.PredictionColumns} FROM {PredictionJobSql.PredictionSource}
                    WHERE p.dataset_id = $1 AND p.job_key = $2 ORDER BY p.item_key
                    """,
                    job.DatasetKey, job.Key);
                await using var rows = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, token);
                var count = 0;
                for (; await rows.ReadAsync(token); count++)
                {
                    await consume(PredictionJobSql.ReadPrediction(rows), token);
                }

                return count;
            },
            cancel, IsolationLevel.RepeatableRead);

    private static ServiceException Missing(DatasetRecord dataset, string jobId) =>
        ServiceException.NotFound("prediction_job", $"datasets/{dataset.Id}/predictionJobs/{jobId}", "List the dataset's jobs to see what there is.");
}
