using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Notifications;
using Npgsql;

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
                await OwnAsync(connection, lease, token);
                var stored = new StoredModel(
                    (await StoredFile.WriteAsync(connection, files.Onnx, token))!, await StoredFile.WriteAsync(connection, files.Weights, token),
                    await StoredFile.WriteAsync(connection, files.OutOfFold, token), await EncoderAsync(connection, files, manifest, token));
                var version = await ModelSql.AddVersionAsync(connection, run, stored, manifest, token);
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

    /// <summary>Makes sure, within a transaction, that a run is the lease's until the commit, and its dataset there.</summary>
    private static async Task OwnAsync(NpgsqlConnection connection, RunLease lease, CancellationToken cancel)
    {
        var run = lease.Run;
        if (await Sql.Command(connection, DatasetLock.Shared, run.DatasetKey).ScalarAsync<int>(cancel) == 0)
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
            run.DatasetKey, run.RunId, lease.FencingToken).ScalarAsync<int>(cancel);
        if (owned == 0)
        {
            throw RunSql.Stale(run);
        }
    }

    // An extractor is stored already; it stays as long as the version, whatever becomes of the backbone that it was uploaded as.
    private static async Task<StoredFile?> EncoderAsync(NpgsqlConnection connection, ModelFiles files, ModelManifest manifest, CancellationToken cancel)
    {
        if (manifest.Encoding is not { Kind: ItemEncodingKind.Extracted, ArtefactSha256: { } hash } encoding)
        {
            return await StoredFile.WriteAsync(connection, files.Encoder, cancel);
        }

        return await StoredFile.ReferAsync(connection, Convert.FromHexString(hash), cancel)
            ?? throw new Core.Errors.ServiceException(
                Core.Errors.ErrorKind.FailedPrecondition, "EXTRACTOR_DELETED",
                $"{encoding.Backbone ?? "The extractor"} was deleted while the run trained on its features. Upload it again and train again.");
    }
}
