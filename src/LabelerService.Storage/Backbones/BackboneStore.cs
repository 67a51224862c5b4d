using LabelerService.Core.Errors;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;

namespace LabelerService.Storage.Backbones;

/// <summary>Backbones: what training may start from, or extract features by. They never change.</summary>
public sealed class BackboneStore
{
    private readonly Db _db;

    internal BackboneStore(Db db) => _db = db;

    /// <summary>Creates an extractor, file and row in one transaction.</summary>
    /// <exception cref="ServiceException">
    /// AlreadyExists: the id is taken (unless the same request created it); InvalidArgument: an id or name that cannot be stored; NotFound:
    /// the dataset was deleted.
    /// </exception>
    public Task<BackboneRecord> CreateAsync(DatasetRecord dataset, BackboneWrite backbone, RequestIdentity? request, CancellationToken cancel)
    {
        TextRules.CheckResourceId("backbone_id", backbone.BackboneId);
        TextRules.CheckText("backbone.display_name", backbone.DisplayName, TextRules.MaxDisplayNameBytes);
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var file = (await StoredFile.WriteAsync(connection, backbone.Onnx, token))!;
                return await BackboneSql.InsertAsync(
                    connection, dataset.Key, backbone.BackboneId, backbone.DisplayName, file, backbone.Manifest, runId: null, token)
                    ?? throw BackboneSql.Taken(dataset.Id, backbone.BackboneId);
            },
            cancel);
    }

    /// <summary>Finds a backbone.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<BackboneRecord> GetAsync(DatasetRecord dataset, string backboneId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("backbone", backboneId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {BackboneSql.Columns} FROM backbones b WHERE b.dataset_id = $1 AND b.backbone_id = $2", dataset.Key, backboneId)
                .ListAsync(BackboneSql.Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, backboneId);
    }

    /// <summary>Whether a dataset has a backbone of an id.</summary>
    public Task<bool> ExistsAsync(DatasetRecord dataset, string backboneId, CancellationToken cancel) => _db.RunAsync(
        async (connection, token) => await Sql.Command(
            connection, "SELECT 1 FROM backbones b WHERE b.dataset_id = $1 AND b.backbone_id = $2", dataset.Key, backboneId)
            .ListAsync(reader => reader.GetInt32(0), token) is { Count: > 0 },
        cancel);

    /// <summary>Lists the backbones of a dataset by ascending id (byte order).</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="afterId">Last id already seen; null starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<BackboneRecord>> ListAsync(DatasetRecord dataset, string? afterId, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"SELECT {BackboneSql.Columns} FROM backbones b WHERE b.dataset_id = $1 AND b.backbone_id > $2 ORDER BY b.backbone_id LIMIT $3",
                dataset.Key, afterId ?? "", limit).ListAsync(BackboneSql.Read, token),
            cancel);

    /// <summary>
    /// Deletes a backbone. Its file goes with it, unless a model version or another backbone has the same: versions that were trained with
    /// an extractor go on serving.
    /// </summary>
    /// <exception cref="ServiceException">NotFound; FailedPrecondition (BACKBONE_IN_USE): a run that has not ended names it.</exception>
    public async Task DeleteAsync(DatasetRecord dataset, string backboneId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("backbone", backboneId);
        var hash = await _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var locked = await Sql.Command(
                    connection, "SELECT artefact_sha256 FROM backbones WHERE dataset_id = $1 AND backbone_id = $2 FOR UPDATE", dataset.Key, backboneId)
                    .ListAsync(row => row.GetFieldValue<byte[]>(0), token);
                if (locked.Count == 0)
                {
                    throw Missing(dataset, backboneId);
                }

                // A run names a backbone of its own dataset by the id alone, or any by the whole name. One that is created after this finds none.
                var users = await Sql.Command(
                    connection,
                    """
                    SELECT 'datasets/' || d.id || '/trainingRuns/' || r.run_id FROM training_runs r JOIN datasets d ON d.dataset_id = r.dataset_id
                    WHERE r.state IN (1, 2) AND (r.requested_settings ->> 'pretrained' = $2
                        OR (r.dataset_id = $1 AND r.requested_settings ->> 'pretrained' = $3)) ORDER BY 1 LIMIT 1
                    """,
                    dataset.Key, BackboneSql.Name(dataset.Id, backboneId), backboneId).ListAsync(row => row.GetString(0), token);
                if (users.Count > 0)
                {
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "BACKBONE_IN_USE",
                        $"{BackboneSql.Name(dataset.Id, backboneId)} is used by {users[0]}, which has not ended. Wait for it, or cancel it.",
                        new FieldViolation("name", $"is used by {users[0]}"));
                }

                await Sql.Command(connection, "DELETE FROM backbones WHERE dataset_id = $1 AND backbone_id = $2", dataset.Key, backboneId).ExecuteAsync(token);
                return locked[0];
            },
            cancel);

        // What this leaves behind, being locked by a publication or broken off, the sweeper finds.
        await _db.TransactAsync((connection, token) => ArtefactSql.RemoveUnreferencedAsync(connection, [hash], token), cancel);
    }

    private static ServiceException Missing(DatasetRecord dataset, string backboneId) => ServiceException.NotFound(
        "name", BackboneSql.Name(dataset.Id, backboneId), "List the dataset's backbones to see their ids.");
}
