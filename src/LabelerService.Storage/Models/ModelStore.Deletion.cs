using LabelerService.Core.Errors;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Models;

/// <summary>
/// Deletion. A version's row stays as a tombstone: descendants' lineage, comparisons of the past and the history of aliases name it. Its
/// artefact goes, unless other versions have the same bytes.
/// </summary>
public sealed partial class ModelStore
{
    /// <summary>Deletes a version. Nothing changes where it is deleted already.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="version">The version.</param>
    /// <param name="actor">Who wants it.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <returns>What stays of it.</returns>
    /// <exception cref="ServiceException">NotFound; FailedPrecondition (VERSION_IN_USE): an alias or the canary names it.</exception>
    public async Task<ModelVersionRecord> DeleteVersionAsync(
        DatasetRecord dataset, string modelId, int version, string actor, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var artefacts = await _db.TransactAsync(
            async (connection, token) =>
            {
                var model = await ModelSql.LockAsync(connection, dataset, modelId, token);
                var aliases = await Sql.Command(
                    connection, "SELECT alias FROM model_aliases WHERE dataset_id = $1 AND model_id = $2 AND model_version = $3 ORDER BY alias",
                    dataset.Key, modelId, version).ListAsync(row => $"the alias '{row.GetString(0)}'", token);
                if (model.CanaryVersion == version)
                {
                    aliases.Add("the canary");
                }

                if (aliases.Count > 0)
                {
                    var users = string.Join(" and ", aliases);
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "VERSION_IN_USE",
                        $"{ModelSql.Name(dataset, modelId)}/versions/{version} is still used: {users} names it. Move or end that first.",
                        new FieldViolation("name", $"is named by {users}"));
                }

                var deleted = await Sql.Command(
                    connection,
                    $"""
                    UPDATE model_versions SET state = {(int)ModelVersionState.Deleted}, delete_time = now(), delete_actor = $4
                    WHERE dataset_id = $1 AND model_id = $2 AND version = $3 AND state = {(int)ModelVersionState.Ready} RETURNING artefact_sha256, weights_sha256, out_of_fold_sha256, encoder_sha256
                    """,
                    dataset.Key, modelId, version, actor).ListAsync(ReadArtefacts, token);
                if (deleted.Count > 0)
                {
                    await Sql.Command(
                        connection, "UPDATE models SET update_time = now() WHERE dataset_id = $1 AND model_id = $2", dataset.Key, modelId).ExecuteAsync(token);
                    await ModelSql.NotifyAsync(connection, dataset, token);
                }

                return deleted;
            },
            cancel);
        await RemoveArtefactsAsync(artefacts, cancel);
        return await GetVersionOrTombstoneAsync(dataset, modelId, version, cancel);
    }

    /// <summary>
    /// Deletes a model with all its versions, its aliases and its canary. Its row stays for the numbers of versions: a run that publishes
    /// under the same id brings it back to life with the next one.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="force">Whether versions that are not deleted yet go with it.</param>
    /// <param name="expectedVersion">Etag of the model that the caller has seen; null for any.</param>
    /// <param name="actor">Who wants it.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">NotFound; FailedPrecondition (MODEL_HAS_VERSIONS): without force; Aborted (ETAG_MISMATCH).</exception>
    public async Task DeleteAsync(
        DatasetRecord dataset, string modelId, bool force, long? expectedVersion, string actor, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var artefacts = await _db.TransactAsync(
            async (connection, token) =>
            {
                var model = await ModelSql.LockAsync(connection, dataset, modelId, token);
                CheckModelEtag(dataset, modelId, model, expectedVersion);
                var deleted = await Sql.Command(
                    connection,
                    $"""
                    UPDATE model_versions SET state = {(int)ModelVersionState.Deleted}, delete_time = now(), delete_actor = $3
                    WHERE dataset_id = $1 AND model_id = $2 AND state = {(int)ModelVersionState.Ready} RETURNING artefact_sha256, weights_sha256, out_of_fold_sha256, encoder_sha256
                    """,
                    dataset.Key, modelId, actor).ListAsync(ReadArtefacts, token);
                if (deleted.Count > 0 && !force)
                {
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "MODEL_HAS_VERSIONS",
                        $"{ModelSql.Name(dataset, modelId)} has {deleted.Count} versions that can predict. Set force to delete them with it.",
                        new FieldViolation("force", "must be true where versions go with the model"));
                }

                if (model.CanaryVersion is not null)
                {
                    await EndCanaryAsync(connection, dataset, modelId, model, new PromotionReason("The model was deleted.", actor), token);
                }

                await Sql.Command(
                    connection,
                    $"""
                    WITH gone AS (DELETE FROM model_aliases WHERE dataset_id = $1 AND model_id = $2 RETURNING alias, model_version),
                    m AS (
                        UPDATE models SET alias_changes = alias_changes + (SELECT count(*) FROM gone), delete_time = now(), update_time = now(),
                            version = version + 1, display_name = '', description = '', retention_versions = 0, retention_seconds = 0
                        WHERE dataset_id = $1 AND model_id = $2 RETURNING alias_changes
                    )
                    INSERT INTO model_alias_changes (dataset_id, model_id, change, kind, alias, from_version, actor, reason)
                    SELECT $1, $2, m.alias_changes + 1 - row_number() OVER (ORDER BY alias), {(int)ModelChangeKind.AliasDeleted}, alias, model_version, $3,
                           'The model was deleted.'
                    FROM gone, m
                    """,
                    dataset.Key, modelId, actor).ExecuteAsync(token);
                await ModelSql.NotifyAsync(connection, dataset, token);
                return deleted;
            },
            cancel);
        await RemoveArtefactsAsync(artefacts, cancel);
    }

    // The graph, and what was kept beside it.
    private static byte[][] ReadArtefacts(Npgsql.NpgsqlDataReader row) =>
        [.. Enumerable.Range(0, row.FieldCount).Where(column => !row.IsDBNull(column)).Select(row.GetFieldValue<byte[]>)];

    // What this leaves behind, being locked by a publication or broken off, the sweeper finds.
    private Task<int> RemoveArtefactsAsync(List<byte[][]> versions, CancellationToken cancel)
    {
        byte[][] hashes = [.. versions.SelectMany(artefacts => artefacts)];
        return hashes.Length == 0
            ? Task.FromResult(0)
            : _db.TransactAsync((connection, token) => ArtefactSql.RemoveUnreferencedAsync(connection, hashes, token), cancel);
    }
}
