using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Notifications;

namespace LabelerService.Storage.Runs;

public sealed partial class RunStore
{
    /// <summary>
    /// Publishes the result of a run and ends it, all in one transaction: the artefact, the next version of the run's model, the
    /// champion alias if the model has none yet, and the run's success.
    /// </summary>
    /// <param name="lease">Proof that the run is the caller's.</param>
    /// <param name="onnx">The serving graph.</param>
    /// <param name="manifest">All else that is known of the version.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="Core.Errors.ServiceException">
    /// Aborted (STALE_LEASE): another trainer has the run, or it has ended; nothing was stored. NotFound: the dataset was deleted.
    /// </exception>
    public Task<ModelVersionRecord> PublishAsync(RunLease lease, byte[] onnx, ModelManifest manifest, CancellationToken cancel) =>
        PublishAsync(lease, new ModelFiles(onnx), manifest, cancel);

    /// <summary>Publishes the result of a run with all that is kept of it beside the serving graph.</summary>
    /// <param name="lease">Proof that the run is the caller's.</param>
    /// <param name="files">The serving graph and what is kept beside it.</param>
    /// <param name="manifest">All else that is known of the version.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="Core.Errors.ServiceException">As with the serving graph alone.</exception>
    public Task<ModelVersionRecord> PublishAsync(RunLease lease, ModelFiles files, ModelManifest manifest, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                var run = lease.Run;
                if (await Sql.Command(connection, DatasetLock.Shared, run.DatasetKey).ScalarAsync<int>(token) == 0)
                {
                    throw Core.Errors.ServiceException.NotFound("dataset", $"datasets/{run.DatasetId}");
                }

                // The run's row stays locked until the commit: no claim can come between the check and the writes.
                var owned = await Sql.Command(
                    connection,
                    $"""
                    SELECT 1 FROM training_runs WHERE dataset_id = $1 AND run_id = $2 AND fencing_token = $3 AND state = {(int)RunState.Running}
                    FOR UPDATE
                    """,
                    run.DatasetKey, run.RunId, lease.FencingToken).ScalarAsync<int>(token);
                if (owned == 0)
                {
                    throw RunSql.Stale(run);
                }

                var graph = (await StoredFile.WriteAsync(connection, files.Onnx, token))!;
                var weights = await StoredFile.WriteAsync(connection, files.Weights, token);
                var outOfFold = await StoredFile.WriteAsync(connection, files.OutOfFold, token);
                var version = await ModelSql.AddVersionAsync(connection, run, graph, weights, outOfFold, manifest, token);
                await Sql.Command(
                    connection,
                    RunSql.WithEvent(
                        $"""
                        UPDATE training_runs AS r SET state = {(int)RunState.Succeeded}, end_time = now(), lease_expires_at = NULL,
                            model_version = $5, eta_seconds = NULL, {RunSql.Touch}
                        WHERE r.dataset_id = $1 AND r.run_id = $2 RETURNING r.*
                        """),
                    run.DatasetKey, run.RunId, RunSql.Kind(RunEventKind.Succeeded), RunSql.Payload(), version.Version)
                    .ListAsync(RunSql.Read, token);
                await Sql.Command(connection, $"SELECT pg_notify('{Channels.Models}', $1)", run.DatasetId).ExecuteAsync(token);
                return version;
            },
            cancel);
}
