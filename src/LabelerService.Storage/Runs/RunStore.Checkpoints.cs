using LabelerService.Core.Errors;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Runs;

public sealed partial class RunStore
{
    /// <summary>What is kept of a claimed run; null where nothing is.</summary>
    /// <exception cref="ServiceException">Unavailable and the like; never STALE_LEASE, as nothing is changed.</exception>
    public async Task<RunCheckpoint?> ReadCheckpointAsync(RunLease lease, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, "SELECT snapshot_id, snapshot, steps, bytes FROM run_checkpoints WHERE dataset_id = $1 AND run_id = $2",
                lease.Run.DatasetKey, lease.Run.RunId)
                .ListAsync(
                    row => new RunCheckpoint(
                        new SnapshotPin(row.GetString(0), row.GetFieldValue<byte[]>(1)), row.GetInt64(2),
                        row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)),
                    token),
            cancel);
        return rows.Count == 1 ? rows[0] : null;
    }

    /// <summary>
    /// Settles which data a run trains on: from now on every attempt does, and data that comes later is for later runs. A checkpoint of
    /// other data goes.
    /// </summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE): another trainer has the run, or it has ended.</exception>
    public Task PinSnapshotAsync(RunLease lease, SnapshotPin pin, CancellationToken cancel) => OwnedCheckpointAsync(
        lease,
        """
        INSERT INTO run_checkpoints AS c (dataset_id, run_id, snapshot_id, snapshot)
        SELECT dataset_id, run_id, $4, $5 FROM r
        ON CONFLICT (dataset_id, run_id) DO UPDATE
            SET snapshot_id = excluded.snapshot_id, snapshot = excluded.snapshot, steps = 0, bytes = NULL, update_time = now()
        RETURNING c.run_id
        """,
        "update_time = now()", pin.SnapshotId, pin.Content, cancel);

    /// <summary>
    /// Stores a run's latest checkpoint in place of the one before. A run that is further than it ever was has not died in vain: the
    /// trainers that died before this count no longer against it.
    /// </summary>
    /// <param name="lease">Proof that the run is the caller's.</param>
    /// <param name="steps">How far it is: more than in any checkpoint before, unless it started over.</param>
    /// <param name="bytes">The checkpoint.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">
    /// Aborted (STALE_LEASE): another trainer has the run, or it has ended, or its data was never settled; nothing was stored.
    /// </exception>
    public Task WriteCheckpointAsync(RunLease lease, long steps, byte[] bytes, CancellationToken cancel) => OwnedCheckpointAsync(
        lease,
        """
        UPDATE run_checkpoints AS c SET steps = $4, bytes = $5, update_time = now()
        FROM r WHERE c.dataset_id = r.dataset_id AND c.run_id = r.run_id
        RETURNING c.run_id
        """,
        """
        last_checkpoint_time = clock_timestamp(), version = r.version + 1, update_time = now(),
        stalled_attempts = CASE WHEN $4 > r.checkpoint_steps THEN 0 ELSE r.stalled_attempts END,
        checkpoint_steps = greatest(r.checkpoint_steps, $4)
        """,
        steps, bytes, cancel);

    /// <summary>Records that the run goes on from its checkpoint.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task MarkResumedAsync(RunLease lease, RunProgress progress, CancellationToken cancel) => OwnedAsync(
        lease, RunEventKind.Resumed, RunSql.Payload(progress), "resumed_count = r.resumed_count + 1, phase = $6, epoch = $7, epochs = $8", cancel,
        progress.Phase, progress.Epoch, progress.Epochs);

    /// <summary>Records that the run starts over although another trainer had got ahead with it.</summary>
    /// <param name="lease">Proof that the run is the caller's.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE).</exception>
    public Task MarkStartedOverAsync(RunLease lease, string reason, CancellationToken cancel) =>
        OwnedAsync(lease, RunEventKind.StartedOver, RunSql.Payload(message: Storable(reason)), "phase = NULL", cancel);

    // One statement: whoever is no longer the owner changes neither the run nor what is kept of it.
    private async Task OwnedCheckpointAsync(
        RunLease lease, string statement, string change, object fourth, object fifth, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                WITH r AS (
                    UPDATE training_runs AS r SET {change}
                    WHERE r.dataset_id = $1 AND r.run_id = $2 AND r.fencing_token = $3 AND r.state = {(int)RunState.Running}
                    RETURNING r.dataset_id, r.run_id
                ), kept AS ({statement})
                SELECT run_id FROM kept
                """,
                lease.Run.DatasetKey, lease.Run.RunId, lease.FencingToken, fourth, fifth).ListAsync(row => row.GetString(0), token),
            cancel);
        if (rows.Count == 0)
        {
            throw RunSql.Stale(lease.Run);
        }
    }
}
