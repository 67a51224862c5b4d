using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using NpgsqlTypes;

namespace LabelerService.Storage.Predictions;

public sealed partial class PredictionJobStore
{
    // A job whose servers have died this often without a block between them is not tried again.
    private const int MaxAttempts = 3;

    private static readonly string Lapsed = $"j.state = {(int)PredictionJobState.Running} AND j.lease_expires_at < clock_timestamp()";

    /// <summary>
    /// Claims the oldest job that waits, or whose server's lease lapsed. Two servers never get the same one. Null if none waits.
    /// </summary>
    /// <param name="server">Name of the server, for people.</param>
    /// <param name="lease">Time until others may take the job unless a block is written.</param>
    /// <param name="cancel">Cancels.</param>
    public Task<PredictionJobLease?> TryClaimAsync(string server, TimeSpan lease, CancellationToken cancel)
    {
        TextRules.CheckText("server", server, TextRules.MaxExternalIdBytes);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                await Sql.Command(
                    connection,
                    $"""
                    UPDATE prediction_jobs AS j SET state = CASE WHEN j.cancel_requested THEN $1 ELSE $2 END, end_time = now(),
                        lease_expires_at = NULL, error = CASE WHEN j.cancel_requested THEN NULL ELSE $3 END
                    FROM (SELECT j.dataset_id, j.job_key FROM prediction_jobs j
                          WHERE j.state IN (1, 2) AND {Lapsed} AND (j.cancel_requested OR j.attempt >= {MaxAttempts}) FOR UPDATE SKIP LOCKED) ended
                    WHERE j.dataset_id = ended.dataset_id AND j.job_key = ended.job_key
                    """,
                    (short)PredictionJobState.Cancelled, (short)PredictionJobState.Failed,
                    $"The server died {MaxAttempts} times during the same block. Look into its log (out of memory?), then create the job again.")
                    .ExecuteAsync(token);
                var leases = await Sql.Command(
                    connection,
                    $"""
                    WITH next AS (
                        SELECT j.dataset_id, j.job_key FROM prediction_jobs j
                        WHERE j.state IN (1, 2) AND (j.state = {(int)PredictionJobState.Queued} OR ({Lapsed}))
                        ORDER BY j.create_time, j.dataset_id, j.job_key LIMIT 1 FOR UPDATE SKIP LOCKED
                    ), j AS (
                        UPDATE prediction_jobs AS j SET state = {(int)PredictionJobState.Running}, attempt = j.attempt + 1,
                            fencing_token = j.fencing_token + 1, lease_owner = $1, lease_expires_at = clock_timestamp() + $2,
                            start_time = coalesce(j.start_time, now())
                        FROM next WHERE j.dataset_id = next.dataset_id AND j.job_key = next.job_key RETURNING j.*
                    )
                    SELECT {PredictionJobSql.Columns}, {PredictionJobSql.LeaseColumns} FROM j
                    """,
                    server, lease).ListAsync(PredictionJobSql.ReadLease, token);
                return leases.Count == 1 ? leases[0] : null;
            },
            cancel);
    }

    /// <summary>Fixes which items a job is about, unless an earlier attempt has: those that match now. Later ones are not in it.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public async Task<PredictionJobLease> BeginAsync(DatasetRecord dataset, PredictionJobLease lease, ItemFilter filter, CancellationToken cancel)
    {
        if (lease.LastItemKey is not null)
        {
            return lease;
        }

        var begun = await _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(connection, "", dataset.Key, lease.Job.Key, lease.FencingToken);
                command.CommandText =
                    $"""
                    WITH items_now AS (
                        SELECT count(*) AS total, coalesce(max(item_key), 0) AS last FROM items
                        WHERE dataset_id = $1 AND {ItemSource.Condition(dataset.Schema)}{filter.Where(command)}
                    ), j AS (
                        UPDATE prediction_jobs AS j SET item_count = items_now.total, last_item_key = items_now.last FROM items_now
                        WHERE j.dataset_id = $1 AND j.job_key = $2 AND j.fencing_token = $3 AND j.state = {(int)PredictionJobState.Running} RETURNING j.*
                    )
                    SELECT {PredictionJobSql.Columns}, {PredictionJobSql.LeaseColumns} FROM j
                    """;
                return command.ListAsync(PredictionJobSql.ReadLease, token);
            },
            cancel);
        return begun.Count == 1 ? begun[0] : throw PredictionJobSql.Stale(lease.Job);
    }

    /// <summary>
    /// Writes a block of predictions and how far the job is, and renews the lease: all or nothing. Items that were deleted since they
    /// were read are left out.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="lease">Proof that the job is the caller's.</param>
    /// <param name="block">Predictions in ascending order of item keys; may be empty.</param>
    /// <param name="doneItemKey">Key of the last item that has been dealt with.</param>
    /// <param name="duration">Time until the lease lapses.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <returns>Whether someone asked to cancel the job.</returns>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE): nothing was written. NotFound: the dataset was deleted.</exception>
    public Task<bool> WriteBlockAsync(
        DatasetRecord dataset, PredictionJobLease lease, IReadOnlyList<PredictionWrite> block, long doneItemKey, TimeSpan duration,
        CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                // Shared with all writers, but not with a deletion of items: none can go between the look and the write.
                await DatasetLock.ShareAsync(connection, dataset, token);

                // The job's row stays locked until the commit: no claim can come between the check and the writes.
                var owned = await Sql.Command(
                    connection,
                    $"""
                    SELECT 1 FROM prediction_jobs
                    WHERE dataset_id = $1 AND job_key = $2 AND fencing_token = $3 AND state = {(int)PredictionJobState.Running} FOR UPDATE
                    """,
                    dataset.Key, lease.Job.Key, lease.FencingToken).ScalarAsync<int>(token);
                if (owned == 0)
                {
                    throw PredictionJobSql.Stale(lease.Job);
                }

                var written = await Sql.Command(
                    connection,
                    """
                    INSERT INTO predictions (dataset_id, job_key, item_key, class_index, probabilities, entropy, disagreement,
                        labeler_probabilities, labeler_weights)
                    SELECT $1, $2, b.item_key, b.class_index, b.probabilities, b.entropy, b.disagreement, b.labeler_probabilities, b.labeler_weights
                    FROM unnest($3::bigint[], $4::smallint[], $5::bytea[], $6::real[], $7::real[], $8::bytea[], $9::bytea[])
                        AS b (item_key, class_index, probabilities, entropy, disagreement, labeler_probabilities, labeler_weights)
                    WHERE EXISTS (SELECT 1 FROM items i WHERE i.dataset_id = $1 AND i.item_key = b.item_key)
                    """,
                    dataset.Key, lease.Job.Key, Column(block, row => row.ItemKey), Column(block, row => (short)row.ClassIndex),
                    Column(block, row => row.Probabilities), Column(block, row => row.Entropy), Column(block, row => row.Disagreement),
                    Sql.Typed(Column(block, row => row.LabelerProbabilities), NpgsqlDbType.Array | NpgsqlDbType.Bytea),
                    Sql.Typed(Column(block, row => row.LabelerWeights), NpgsqlDbType.Array | NpgsqlDbType.Bytea)).ExecuteAsync(token);
                var rows = await Sql.Command(
                    connection,
                    """
                    UPDATE prediction_jobs SET done_item_key = $3, predicted_count = predicted_count + $4, attempt = 0,
                        lease_expires_at = clock_timestamp() + $5
                    WHERE dataset_id = $1 AND job_key = $2 RETURNING cancel_requested
                    """,
                    dataset.Key, lease.Job.Key, doneItemKey, written, duration).ListAsync(row => row.GetBoolean(0), token);
                return rows[0];
            },
            cancel);

    /// <summary>Ends a job: all its items have been dealt with.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task SucceedAsync(PredictionJobLease lease, CancellationToken cancel) => EndAsync(lease, PredictionJobState.Succeeded, null, cancel);

    /// <summary>Ends a job whose cancellation was requested.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task MarkCancelledAsync(PredictionJobLease lease, CancellationToken cancel) => EndAsync(lease, PredictionJobState.Cancelled, null, cancel);

    /// <summary>Ends a job with an error that a user can act on.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task FailAsync(PredictionJobLease lease, string error, CancellationToken cancel) =>
        EndAsync(lease, PredictionJobState.Failed, error.Length > MaxErrorLength ? error[..MaxErrorLength] : error, cancel);

    /// <summary>Gives a job back to the queue, as a server does that shuts down. It goes on where it stopped.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task ReleaseAsync(PredictionJobLease lease, CancellationToken cancel) => EndAsync(lease, PredictionJobState.Queued, null, cancel);

    private async Task EndAsync(PredictionJobLease lease, PredictionJobState state, string? error, CancellationToken cancel)
    {
        var changed = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                UPDATE prediction_jobs SET state = CASE WHEN $4 = 1 AND cancel_requested THEN {(int)PredictionJobState.Cancelled} ELSE $4 END, error = $5,
                    lease_expires_at = NULL, attempt = 0, end_time = CASE WHEN $4 = 1 AND NOT cancel_requested THEN NULL ELSE now() END
                WHERE dataset_id = $1 AND job_key = $2 AND fencing_token = $3 AND state = {(int)PredictionJobState.Running}
                """,
                lease.Job.DatasetKey, lease.Job.Key, lease.FencingToken, (short)state, Sql.Typed(error, NpgsqlDbType.Text)).ExecuteAsync(token),
            cancel);
        if (changed == 0)
        {
            throw PredictionJobSql.Stale(lease.Job);
        }
    }

    private static T[] Column<T>(IReadOnlyList<PredictionWrite> block, Func<PredictionWrite, T> value)
    {
        var column = new T[block.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(block[i]);
        }

        return column;
    }
}
