using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Runs;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Models;

/// <summary>What a transaction that holds a model's lock knows of it.</summary>
internal sealed record LockedModel(int? CanaryVersion, double CanaryShare, long Version);

/// <summary>
/// The statements that publication shares with the registry. Whatever changes aliases, canary or versions of a model holds the lock of the
/// model's row until it commits, so that all changes of a model happen one after the other.
/// </summary>
internal static class ModelSql
{
    /// <summary>Adds the next version within a transaction; the model's row is created with its first version.</summary>
    public static async Task<ModelVersionRecord> AddVersionAsync(
        NpgsqlConnection connection, RunRecord run, StoredModel files, ModelManifest manifest, CancellationToken cancel)
    {
        var (graph, weights, outOfFold, encoder) = files;

        // What it began with is known from the run, whoever trained it.
        manifest = run.WarmStart is { } start ? manifest with { Parent = new ModelParent(start.ModelId, start.Version) } : manifest;

        // A deleted model's row is still there and comes back to life: its numbers are never used again.
        var version = await Sql.Command(
            connection,
            """
            INSERT INTO models AS m (dataset_id, model_id, latest_version) VALUES ($1, $2, 1)
            ON CONFLICT (dataset_id, model_id) DO UPDATE SET latest_version = m.latest_version + 1, update_time = now(), delete_time = NULL
            RETURNING latest_version
            """,
            run.DatasetKey, run.ModelId).ScalarAsync<int>(cancel);
        var champions = await Sql.Command(
            connection, "SELECT model_version FROM model_aliases WHERE dataset_id = $1 AND model_id = $2 AND alias = $3",
            run.DatasetKey, run.ModelId, ModelAliases.Champion).ListAsync(row => (int?)row.GetInt32(0), cancel);
        var champion = champions.SingleOrDefault();
        var created = await Sql.Command(
            connection,
            $"""
            INSERT INTO model_versions (dataset_id, model_id, version, artefact_sha256, artefact_length, manifest, run_id, state, champion_version,
                weights_sha256, weights_length, out_of_fold_sha256, out_of_fold_length, encoder_sha256, encoder_length)
            VALUES ($1, $2, $3, $4, $5, $6, $7, {(int)ModelVersionState.Ready}, $8, $9, $10, $11, $12, $13, $14) RETURNING create_time
            """,
            run.DatasetKey, run.ModelId, version, graph.Sha256, graph.Length, Sql.Json(Json.Write(manifest)), run.RunId,
            Sql.Typed(champion, NpgsqlDbType.Integer), Sql.Typed(weights?.Sha256, NpgsqlDbType.Bytea), Sql.Typed(weights?.Length, NpgsqlDbType.Bigint),
            Sql.Typed(outOfFold?.Sha256, NpgsqlDbType.Bytea), Sql.Typed(outOfFold?.Length, NpgsqlDbType.Bigint),
            Sql.Typed(encoder?.Sha256, NpgsqlDbType.Bytea), Sql.Typed(encoder?.Length, NpgsqlDbType.Bigint))
            .ListAsync(row => row.GetFieldValue<DateTimeOffset>(0), cancel);
        await InheritErasureAsync(connection, run, version, manifest, cancel);
        if (champion is null)
        {
            await Sql.Command(
                connection, "INSERT INTO model_aliases (dataset_id, model_id, alias, model_version) VALUES ($1, $2, $3, $4)",
                run.DatasetKey, run.ModelId, ModelAliases.Champion, version).ExecuteAsync(cancel);
            await RecordAsync(
                connection, run.DatasetKey, run.ModelId,
                new ModelChange(ModelChangeKind.Published, ModelAliases.Champion, null, version, new PromotionReason("", $"trainingRuns/{run.RunId}")), cancel);
        }

        return new ModelVersionRecord(
            run.ModelId, version, Convert.ToHexStringLower(graph.Sha256), graph.Length, manifest, run.RunId, ModelVersionState.Ready, created[0])
        {
            ChampionVersion = champion,
            WeightsSha256 = weights is null ? null : Convert.ToHexStringLower(weights.Sha256),
            OutOfFoldSha256 = outOfFold is null ? null : Convert.ToHexStringLower(outOfFold.Sha256),
            EncoderSha256 = encoder is null ? null : Convert.ToHexStringLower(encoder.Sha256),
        };
    }

    // What was learnt from annotations that were deleted since goes on in whatever begins with those weights.
    private static async Task InheritErasureAsync(
        NpgsqlConnection connection, RunRecord run, int version, ModelManifest manifest, CancellationToken cancel)
    {
        string[] sources =
        [
            .. new[]
            {
                manifest.Parent is { } parent ? $"datasets/{run.DatasetId}/models/{parent.ModelId}/versions/{parent.Version}" : null,
                manifest.Origin?.Version, manifest.Transfer?.Source,
            }.OfType<string>(),
        ];
        if (sources.Length == 0)
        {
            return;
        }

        await Sql.Command(
            connection,
            $"""
            UPDATE model_versions n SET erased_data = {(int)ErasureMode.Delete}, erase_time = s.erase_time
            FROM (SELECT max(v.erase_time) AS erase_time FROM model_versions v JOIN datasets d ON d.dataset_id = v.dataset_id
                  WHERE v.dataset_id = $1 AND v.erased_data = {(int)ErasureMode.Delete}
                      AND 'datasets/' || d.id || '/models/' || v.model_id || '/versions/' || v.version = ANY($4)) s
            WHERE n.dataset_id = $1 AND n.model_id = $2 AND n.version = $3 AND s.erase_time IS NOT NULL
            """,
            run.DatasetKey, run.ModelId, version, sources).ExecuteAsync(cancel);
    }

    /// <summary>Takes the locks that every change of a model needs: its dataset's, shared, and its own.</summary>
    /// <exception cref="ServiceException">NotFound: there is no such dataset or model.</exception>
    public static async Task<LockedModel> LockAsync(NpgsqlConnection connection, DatasetRecord dataset, string modelId, CancellationToken cancel)
    {
        await DatasetLock.ShareAsync(connection, dataset, cancel);
        var rows = await Sql.Command(
            connection,
            """
            SELECT canary_version, canary_share, version FROM models WHERE dataset_id = $1 AND model_id = $2 AND delete_time IS NULL FOR NO KEY UPDATE
            """,
            dataset.Key, modelId).ListAsync(row => new LockedModel(row.Maybe<int>(0), row.GetDouble(1), row.GetInt64(2)), cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, modelId);
    }

    /// <summary>Appends to the model's history. The caller holds the model's lock.</summary>
    public static Task<int> RecordAsync(NpgsqlConnection connection, long datasetKey, string modelId, ModelChange change, CancellationToken cancel) =>
        Sql.Command(
            connection,
            """
            WITH m AS (UPDATE models SET alias_changes = alias_changes + 1 WHERE dataset_id = $1 AND model_id = $2 RETURNING alias_changes)
            INSERT INTO model_alias_changes (dataset_id, model_id, change, kind, alias, from_version, to_version, canary_share, actor, reason, back_to)
            SELECT $1, $2, m.alias_changes, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $10 THEN $11 WHEN $5::integer IS NOT NULL THEN (
                SELECT max(change) FROM model_alias_changes WHERE dataset_id = $1 AND model_id = $2 AND alias = $4) END
            FROM m
            """,
            datasetKey, modelId, Sql.Typed((short)change.Kind, NpgsqlDbType.Smallint), change.Alias, Sql.Typed(change.From, NpgsqlDbType.Integer),
            Sql.Typed(change.To, NpgsqlDbType.Integer), Sql.Typed(change.Share, NpgsqlDbType.Double), change.Reason.Actor, change.Reason.Text,
            change.Kind == ModelChangeKind.RolledBack, Sql.Typed(change.BackTo, NpgsqlDbType.Bigint)).ExecuteAsync(cancel);

    /// <summary>Tells every server, when the transaction commits, that something about the dataset's models changed.</summary>
    public static Task<int> NotifyAsync(NpgsqlConnection connection, DatasetRecord dataset, CancellationToken cancel) =>
        Sql.Command(connection, $"SELECT pg_notify('{Channels.Models}', $1)", dataset.Id).ExecuteAsync(cancel);

    /// <summary>Resource name of a model.</summary>
    public static string Name(DatasetRecord dataset, string modelId) => $"datasets/{dataset.Id}/models/{modelId}";

    /// <summary>There is no such model.</summary>
    public static ServiceException Missing(DatasetRecord dataset, string modelId) =>
        ServiceException.NotFound("model", Name(dataset, modelId), "Train it first, or list the dataset's models.");

    /// <summary>There is no such version.</summary>
    public static ServiceException MissingVersion(DatasetRecord dataset, string modelId, int version) =>
        ServiceException.NotFound("version", $"{Name(dataset, modelId)}/versions/{version}", "List the model's versions.");

    /// <summary>The version was there once.</summary>
    public static ServiceException DeletedVersion(DatasetRecord dataset, string modelId, int version) => new(
        ErrorKind.NotFound, "VERSION_DELETED",
        $"{Name(dataset, modelId)}/versions/{version} was deleted and can only be read about. Name another version, or list those there are.",
        new FieldViolation("version", $"{Name(dataset, modelId)}/versions/{version} was deleted"));
}

/// <summary>A line to be written into a model's history. Only a rollback says where a rollback of itself would go back to.</summary>
internal sealed record ModelChange(
    ModelChangeKind Kind, string Alias, int? From, int? To, PromotionReason Reason, double? Share = null, long? BackTo = null);
