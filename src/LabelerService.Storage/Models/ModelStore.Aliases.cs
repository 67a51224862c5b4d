using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;

namespace LabelerService.Storage.Models;

/// <summary>Aliases: every move and removal is written into the model's history and told to every server in the same transaction.</summary>
public sealed partial class ModelStore
{
    private const int MaxReasonBytes = 1024;

    private static readonly PromotionReason NoReason = new("", "");

    /// <summary>Points an alias at a version, creating the alias if needed. Nothing changes where it names that version already.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="modelVersion">The version it shall name.</param>
    /// <param name="expectedVersion">Etag the caller has seen; null moves whatever is there; 0 demands that there is none yet.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <param name="reason">Why and who, for the history.</param>
    /// <exception cref="ServiceException">NotFound: no such version, or deleted; Aborted (ETAG_MISMATCH); InvalidArgument.</exception>
    public Task<ModelAliasRecord> SetAliasAsync(
        DatasetRecord dataset, string modelId, string alias, int modelVersion, long? expectedVersion, CancellationToken cancel,
        PromotionReason? reason = null) =>
        MoveAsync(
            dataset, modelId, new AliasMove(ModelChangeKind.AliasSet, alias, modelVersion, reason ?? NoReason) { ExpectedEtag = expectedVersion }, cancel);

    /// <summary>Makes a version the champion. Nothing changes where it is already; a canary that is promoted ends.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="version">The version.</param>
    /// <param name="reason">Why and who, for the history.</param>
    /// <param name="expectedAliasVersion">Etag of the alias <c>champion</c> that the caller has seen; null for any.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <param name="expectedChampion">The version that must be champion now; null for any.</param>
    /// <exception cref="ServiceException">
    /// NotFound: no such version, or deleted; Aborted (ETAG_MISMATCH, CHAMPION_CHANGED): another one became champion meanwhile.
    /// </exception>
    public Task<ModelAliasRecord> PromoteAsync(
        DatasetRecord dataset, string modelId, int version, PromotionReason reason, long? expectedAliasVersion, CancellationToken cancel,
        int? expectedChampion = null) =>
        MoveAsync(
            dataset, modelId,
            new AliasMove(ModelChangeKind.Promoted, ModelAliases.Champion, version, reason)
            {
                ExpectedEtag = expectedAliasVersion,
                ExpectedTarget = expectedChampion,
            },
            cancel);

    /// <summary>
    /// Makes the previous champion champion again: the one before the change that made the present one. Repeated, it walks further back; after
    /// a promotion it goes back to what was champion then.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="reason">Why and who, for the history.</param>
    /// <param name="expectedAliasVersion">Etag of the alias <c>champion</c> that the caller has seen; null for any.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">
    /// NotFound: no such model; FailedPrecondition (NO_PREVIOUS_CHAMPION, PREVIOUS_CHAMPION_DELETED); Aborted (ETAG_MISMATCH).
    /// </exception>
    public Task<ModelAliasRecord> RollbackAsync(
        DatasetRecord dataset, string modelId, PromotionReason reason, long? expectedAliasVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        CheckReason(reason);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                var model = await ModelSql.LockAsync(connection, dataset, modelId, token);
                var current = await FindAliasAsync(connection, dataset, modelId, ModelAliases.Champion, token);
                CheckEtag(dataset, modelId, ModelAliases.Champion, current, expectedAliasVersion);
                var previous = await Sql.Command(
                    connection,
                    """
                    SELECT p.to_version, p.back_to, v.state
                    FROM (SELECT back_to FROM model_alias_changes WHERE dataset_id = $1 AND model_id = $2 AND alias = $3 ORDER BY change DESC LIMIT 1) c
                    JOIN model_alias_changes p ON p.dataset_id = $1 AND p.model_id = $2 AND p.change = c.back_to
                    JOIN model_versions v ON v.dataset_id = $1 AND v.model_id = $2 AND v.version = p.to_version
                    """,
                    dataset.Key, modelId, ModelAliases.Champion)
                    .ListAsync(row => (Version: row.GetInt32(0), BackTo: row.Maybe<long>(1), State: (ModelVersionState)row.GetInt16(2)), token);
                if (previous.Count == 0)
                {
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "NO_PREVIOUS_CHAMPION",
                        $"{ModelSql.Name(dataset, modelId)} had no champion before the present one. Promote a version instead.");
                }

                if (previous[0].State != ModelVersionState.Ready)
                {
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "PREVIOUS_CHAMPION_DELETED",
                        $"The previous champion, {ModelSql.Name(dataset, modelId)}/versions/{previous[0].Version}, was deleted. Promote another version instead.");
                }

                var change = new ModelChange(
                    ModelChangeKind.RolledBack, ModelAliases.Champion, current?.ModelVersion, previous[0].Version, reason, BackTo: previous[0].BackTo);
                return await WriteMoveAsync(connection, dataset, modelId, model, change, token);
            },
            cancel);
    }

    /// <summary>Removes an alias.</summary>
    /// <exception cref="ServiceException">NotFound: no such alias; Aborted (ETAG_MISMATCH).</exception>
    public Task DeleteAliasAsync(
        DatasetRecord dataset, string modelId, string alias, long? expectedVersion, CancellationToken cancel, PromotionReason? reason = null)
    {
        TextRules.CheckResourceId("model", modelId);
        TextRules.CheckResourceId("alias", alias);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                await ModelSql.LockAsync(connection, dataset, modelId, token);
                var current = await FindAliasAsync(connection, dataset, modelId, alias, token)
                    ?? throw ServiceException.NotFound("alias", $"{ModelSql.Name(dataset, modelId)} alias '{alias}'");
                CheckEtag(dataset, modelId, alias, current, expectedVersion);
                await Sql.Command(
                    connection, "DELETE FROM model_aliases WHERE dataset_id = $1 AND model_id = $2 AND alias = $3", dataset.Key, modelId, alias)
                    .ExecuteAsync(token);
                await ModelSql.RecordAsync(
                    connection, dataset.Key, modelId,
                    new ModelChange(ModelChangeKind.AliasDeleted, alias, current.ModelVersion, null, reason ?? NoReason), token);
                return await ModelSql.NotifyAsync(connection, dataset, token);
            },
            cancel);
    }

    /// <summary>Lists a model's history of aliases and canaries, newest first.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="beforeNumber">Number of the last change already seen; null starts at the newest.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<ModelChangeRecord>> ListChangesAsync(
        DatasetRecord dataset, string modelId, long? beforeNumber, int limit, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        return await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT change, kind, alias, from_version, to_version, canary_share, reason, actor, time FROM model_alias_changes
                WHERE dataset_id = $1 AND model_id = $2 AND change < $3 ORDER BY change DESC LIMIT $4
                """,
                dataset.Key, modelId, beforeNumber ?? long.MaxValue, limit).ListAsync(
                    row => new ModelChangeRecord(
                        row.GetInt64(0), (ModelChangeKind)row.GetInt16(1), row.GetString(2), row.Maybe<int>(3), row.Maybe<int>(4), row.Maybe<double>(5),
                        row.GetString(6), row.GetString(7), row.GetFieldValue<DateTimeOffset>(8)),
                    token),
            cancel);
    }

    private Task<ModelAliasRecord> MoveAsync(DatasetRecord dataset, string modelId, AliasMove move, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        TextRules.CheckResourceId("alias", move.Alias);
        CheckReason(move.Reason);
        return _db.TransactAsync((connection, token) => MoveWithinAsync(connection, dataset, modelId, move, token), cancel);
    }

    /// <summary>Moves an alias as part of a transaction. The caller has checked the names.</summary>
    internal static async Task<ModelAliasRecord> MoveWithinAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string modelId, AliasMove move, CancellationToken cancel)
    {
        var model = await ModelSql.LockAsync(connection, dataset, modelId, cancel);
        await CheckReadyAsync(connection, dataset, modelId, move.Target, cancel);
        var current = await FindAliasAsync(connection, dataset, modelId, move.Alias, cancel);
        CheckEtag(dataset, modelId, move.Alias, current, move.ExpectedEtag);
        if (move.ExpectedTarget is { } expected && expected != current?.ModelVersion)
        {
            throw new ServiceException(
                ErrorKind.Aborted, "CHAMPION_CHANGED",
                $"The {move.Alias} of {ModelSql.Name(dataset, modelId)} is "
                + (current is null ? "no version" : $"version {current.ModelVersion}") + $", not {expected}. Look at it, and decide again.",
                new FieldViolation("expected_champion", $"is not the {move.Alias} any more"));
        }

        return current is not null && current.ModelVersion == move.Target
            ? current
            : await WriteMoveAsync(
                connection, dataset, modelId, model, new ModelChange(move.Kind, move.Alias, current?.ModelVersion, move.Target, move.Reason), cancel);
    }

    /// <summary>Writes a move that was decided under the model's lock. A canary that becomes champion is none any more.</summary>
    private static async Task<ModelAliasRecord> WriteMoveAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string modelId, LockedModel model, ModelChange change, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection,
            """
            INSERT INTO model_aliases AS a (dataset_id, model_id, alias, model_version) VALUES ($1, $2, $3, $4)
            ON CONFLICT (dataset_id, model_id, alias) DO UPDATE SET model_version = excluded.model_version, version = a.version + 1, update_time = now()
            RETURNING model_id, alias, model_version, version, update_time
            """,
            dataset.Key, modelId, change.Alias, change.To).ListAsync(ReadAlias, cancel);
        await ModelSql.RecordAsync(connection, dataset.Key, modelId, change, cancel);
        if (change.Alias == ModelAliases.Champion && model.CanaryVersion == change.To)
        {
            await EndCanaryAsync(connection, dataset, modelId, model, change.Reason with { Text = "It became champion." }, cancel);
        }

        await ModelSql.NotifyAsync(connection, dataset, cancel);
        return rows[0];
    }

    private static async Task<ModelAliasRecord?> FindAliasAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string modelId, string alias, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection,
            """
            SELECT model_id, alias, model_version, version, update_time FROM model_aliases WHERE dataset_id = $1 AND model_id = $2 AND alias = $3
            """,
            dataset.Key, modelId, alias).ListAsync(ReadAlias, cancel);
        return rows.SingleOrDefault();
    }

    private static async Task CheckReadyAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string modelId, int version, CancellationToken cancel)
    {
        var states = await Sql.Command(
            connection, "SELECT state FROM model_versions WHERE dataset_id = $1 AND model_id = $2 AND version = $3", dataset.Key, modelId, version)
            .ListAsync(row => (ModelVersionState)row.GetInt16(0), cancel);
        if (states.Count == 0)
        {
            throw ModelSql.MissingVersion(dataset, modelId, version);
        }

        if (states[0] != ModelVersionState.Ready)
        {
            throw ModelSql.DeletedVersion(dataset, modelId, version);
        }
    }

    private static void CheckEtag(DatasetRecord dataset, string modelId, string alias, ModelAliasRecord? current, long? expected)
    {
        if (expected is { } seen && seen != (current?.Version ?? 0))
        {
            throw DatasetStore.EtagMismatch($"{ModelSql.Name(dataset, modelId)} alias '{alias}'");
        }
    }

    private static void CheckReason(PromotionReason reason) => TextRules.CheckText("reason", reason.Text, MaxReasonBytes);

    private static ModelAliasRecord ReadAlias(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetInt64(3), row.GetFieldValue<DateTimeOffset>(4));
}

/// <summary>A wish to move an alias, with what must hold for it.</summary>
internal sealed record AliasMove(ModelChangeKind Kind, string Alias, int Target, PromotionReason Reason)
{
    public long? ExpectedEtag { get; init; }

    public int? ExpectedTarget { get; init; }
}
