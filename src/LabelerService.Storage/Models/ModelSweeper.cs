using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Audit;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Notifications;

namespace LabelerService.Storage.Models;

/// <summary>What a sweep removed.</summary>
/// <param name="Versions">Versions that their models' retention no longer keeps.</param>
/// <param name="Artefacts">Artefacts that no version refers to.</param>
public readonly record struct SweepResult(int Versions, int Artefacts);

/// <summary>
/// Deletes the versions that retention does not keep, and artefacts that nobody refers to. Any number of servers may sweep at once: each
/// model and each artefact is done by the one that gets its row's lock.
/// </summary>
public sealed class ModelSweeper
{
    /// <summary>Who deleted a version, where it was the sweeper.</summary>
    public const string Actor = "retention";

    private const int ArtefactsAtOnce = 100;

    // Kept are the newest, the young, what an alias or the canary names, what a rollback would go back to, and what a run that waits or
    // runs begins with, whose backbone may be of a version of another dataset.
    private const string Unkept =
        $"""
        SELECT r.dataset_id, r.model_id, r.version
        FROM (
            SELECT v.dataset_id, v.model_id, v.version, v.create_time, m.retention_versions, m.retention_seconds, m.canary_version,
                   row_number() OVER (PARTITION BY v.dataset_id, v.model_id ORDER BY v.version DESC) AS place
            FROM models m JOIN model_versions v ON v.dataset_id = m.dataset_id AND v.model_id = m.model_id AND v.state = 1
            WHERE m.delete_time IS NULL AND (m.retention_versions > 0 OR m.retention_seconds > 0)
              AND ($1::bigint IS NULL OR m.dataset_id = $1) AND ($2::text IS NULL OR m.model_id = $2)
        ) r
        WHERE r.place > r.retention_versions AND r.create_time <= now() - make_interval(secs => r.retention_seconds)
          AND r.canary_version IS DISTINCT FROM r.version
          AND NOT EXISTS (
              SELECT 1 FROM model_aliases a WHERE a.dataset_id = r.dataset_id AND a.model_id = r.model_id AND a.model_version = r.version)
          AND NOT EXISTS (
              SELECT 1 FROM model_alias_changes back
              WHERE back.dataset_id = r.dataset_id AND back.model_id = r.model_id AND back.to_version = r.version AND back.change = (
                  SELECT c.back_to FROM model_alias_changes c
                  WHERE c.dataset_id = r.dataset_id AND c.model_id = r.model_id AND c.alias = '{ModelAliases.Champion}'
                  ORDER BY c.change DESC LIMIT 1))
          AND NOT EXISTS (
              SELECT 1 FROM training_runs t
              WHERE t.state IN (1, 2) AND t.dataset_id = r.dataset_id AND t.warm_start_model = r.model_id AND t.warm_start_version = r.version)
          AND NOT EXISTS (
              SELECT 1 FROM training_runs t JOIN datasets d ON d.dataset_id = r.dataset_id
              WHERE t.state IN (1, 2)
                AND t.requested_settings ->> 'pretrained' = 'datasets/' || d.id || '/models/' || r.model_id || '/versions/' || r.version)
        """;

    private readonly Db _db;

    internal ModelSweeper(Db db) => _db = db;

    /// <summary>Sweeps once.</summary>
    public async Task<SweepResult> SweepAsync(CancellationToken cancel)
    {
        var models = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT DISTINCT u.dataset_id, d.id, u.model_id FROM ({Unkept}) u JOIN datasets d ON d.dataset_id = u.dataset_id ORDER BY 1, 3",
                AnyDataset, AnyModel).ListAsync(row => (Dataset: row.GetInt64(0), Id: row.GetString(1), Model: row.GetString(2)), token),
            cancel);
        var versions = 0;
        foreach (var (dataset, id, model) in models)
        {
            versions += await DeleteUnkeptAsync(dataset, id, model, cancel);
        }

        return new SweepResult(versions, await RemoveArtefactsAsync(cancel));
    }

    private static Npgsql.NpgsqlParameter AnyDataset => Sql.Typed(null, NpgsqlTypes.NpgsqlDbType.Bigint);

    private static Npgsql.NpgsqlParameter AnyModel => Sql.Typed(null, NpgsqlTypes.NpgsqlDbType.Text);

    /// <summary>One model, decided anew under its lock; nothing if another has the lock.</summary>
    private Task<int> DeleteUnkeptAsync(long dataset, string datasetId, string model, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            if (await Sql.Command(connection, DatasetLock.Shared, dataset).ScalarAsync<int>(token) == 0
                || await Sql.Command(
                    connection, "SELECT 1 FROM models WHERE dataset_id = $1 AND model_id = $2 FOR NO KEY UPDATE SKIP LOCKED", dataset, model)
                    .ScalarAsync<int>(token) == 0)
            {
                return 0;
            }

            var deleted = await Sql.Command(
                connection,
                $"""
                UPDATE model_versions v SET state = {(int)ModelVersionState.Deleted}, delete_time = now(), delete_actor = '{Actor}'
                FROM ({Unkept}) u WHERE v.dataset_id = u.dataset_id AND v.model_id = u.model_id AND v.version = u.version
                """,
                dataset, model).ExecuteAsync(token);
            if (deleted > 0)
            {
                await Sql.Command(connection, "UPDATE models SET update_time = now() WHERE dataset_id = $1 AND model_id = $2", dataset, model).ExecuteAsync(token);
                await Sql.Command(connection, $"SELECT pg_notify('{Channels.Models}', $1)", datasetId).ExecuteAsync(token);
                var resource = $"datasets/{datasetId}/models/{model}";
                await AuditChain.AppendAsync(connection, new AuditWrite(Actor, null, "delete-versions", AuditStore.Done, resource) { Count = deleted }, token);
            }

            return deleted;
        },
        cancel);

    private async Task<int> RemoveArtefactsAsync(CancellationToken cancel)
    {
        var removed = 0;
        byte[][] found;
        do
        {
            found = await _db.RunAsync(
                async (connection, token) => (await Sql.Command(
                    connection, $"SELECT a.sha256 FROM artefacts a WHERE {ArtefactSql.Unreferenced} ORDER BY a.sha256 LIMIT $1", ArtefactsAtOnce)
                    .ListAsync(row => row.GetFieldValue<byte[]>(0), token)).ToArray(),
                cancel);
            var now = found.Length == 0
                ? 0
                : await _db.TransactAsync((connection, token) => ArtefactSql.RemoveUnreferencedAsync(connection, found, token), cancel);
            removed += now;
            if (now == 0)
            {
                break; // Others are at them; the next sweep sees what is left.
            }
        }
        while (found.Length == ArtefactsAtOnce);
        return removed;
    }
}
