using LabelerService.Core.Models;
using LabelerService.Storage.Database;
using LabelerService.Storage.Runs;
using Npgsql;

namespace LabelerService.Storage.Models;

/// <summary>The statements that publication shares with the registry.</summary>
internal static class ModelSql
{
    /// <summary>Adds the next version within a transaction; the model's row is created with its first version.</summary>
    public static async Task<ModelVersionRecord> AddVersionAsync(
        NpgsqlConnection connection, RunRecord run, byte[] sha256, long length, ModelManifest manifest, CancellationToken cancel)
    {
        var version = await Sql.Command(
            connection,
            """
            INSERT INTO models AS m (dataset_id, model_id, latest_version) VALUES ($1, $2, 1)
            ON CONFLICT (dataset_id, model_id) DO UPDATE SET latest_version = m.latest_version + 1, update_time = now()
            RETURNING latest_version
            """,
            run.DatasetKey, run.ModelId).ScalarAsync<int>(cancel);
        var created = await Sql.Command(
            connection,
            $"""
            INSERT INTO model_versions (dataset_id, model_id, version, artefact_sha256, artefact_length, manifest, run_id, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, {(int)ModelVersionState.Ready}) RETURNING create_time
            """,
            run.DatasetKey, run.ModelId, version, sha256, length, Sql.Json(Json.Write(manifest)), run.RunId)
            .ListAsync(row => row.GetFieldValue<DateTimeOffset>(0), cancel);
        await Sql.Command(
            connection,
            "INSERT INTO model_aliases (dataset_id, model_id, alias, model_version) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            run.DatasetKey, run.ModelId, ModelAliases.Champion, version).ExecuteAsync(cancel);
        return new ModelVersionRecord(
            run.ModelId, version, Convert.ToHexStringLower(sha256), length, manifest, run.RunId, ModelVersionState.Ready, created[0]);
    }
}
