using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Runs;

public sealed partial class RunStore
{
    /// <summary>
    /// Publishes the backbone that a run pretrained and ends the run, all in one transaction. The backbone's id is the run's
    /// <see cref="RunRecord.ModelId"/>.
    /// </summary>
    /// <param name="lease">Proof that the run is the caller's.</param>
    /// <param name="files">What is kept of it.</param>
    /// <param name="manifest">All else that is known of it.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">
    /// Aborted (STALE_LEASE): another trainer has the run, or it has ended; nothing was stored. NotFound: the dataset was deleted.
    /// AlreadyExists: the id was taken in the meantime.
    /// </exception>
    public Task<BackboneRecord> PublishBackboneAsync(RunLease lease, BackboneFiles files, BackboneManifest manifest, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                var run = lease.Run;
                await OwnAsync(connection, lease, token);
                var file = (await StoredFile.WriteAsync(connection, files.Weights, token))!;
                var backbone = await BackboneSql.InsertAsync(connection, run.DatasetKey, run.ModelId, "", file, manifest, run.RunId, token)
                    ?? throw BackboneSql.Taken(run.DatasetId, run.ModelId);
                await Sql.Command(
                    connection,
                    RunSql.WithEvent(
                        $"""
                        UPDATE training_runs AS r SET state = {(int)RunState.Succeeded}, end_time = now(), lease_expires_at = NULL,
                            eta_seconds = NULL, {RunSql.Touch}
                        WHERE r.dataset_id = $1 AND r.run_id = $2 RETURNING r.*
                        """),
                    run.DatasetKey, run.RunId, RunSql.Kind(RunEventKind.Succeeded), RunSql.Payload()).ListAsync(RunSql.Read, token);
                return backbone;
            },
            cancel);
}
