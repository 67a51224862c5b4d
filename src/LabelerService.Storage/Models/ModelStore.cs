using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Models;

/// <summary>The registry of models: versions, and the aliases that name them. Versions come only from successful runs.</summary>
public sealed class ModelStore
{
    private readonly Db _db;

    internal ModelStore(Db db) => _db = db;

    /// <summary>Lists the models of a dataset by ascending id (byte order).</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="afterId">Last id already seen; null starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<ModelRecord>> ListAsync(DatasetRecord dataset, string? afterId, int limit, CancellationToken cancel)
    {
        var after = afterId ?? "";
        return await _db.QueryAsync<List<ModelRecord>>(
            async (context, token) =>
            {
                var models = await context.Models.AsNoTracking()
                    .Where(model => model.DatasetId == dataset.Key && string.Compare(model.ModelId, after) > 0)
                    .OrderBy(model => model.ModelId).Take(limit).ToListAsync(token);
                var ids = models.Select(model => model.ModelId).ToList();
                var aliases = await context.ModelAliases.AsNoTracking()
                    .Where(alias => alias.DatasetId == dataset.Key && ids.Contains(alias.ModelId)).ToListAsync(token);
                return models.ConvertAll(model => Record(model, aliases));
            },
            cancel);
    }

    /// <summary>Finds a model.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<ModelRecord> GetAsync(DatasetRecord dataset, string modelId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        return await _db.QueryAsync(
            async (context, token) =>
            {
                var model = await context.Models.AsNoTracking()
                    .SingleOrDefaultAsync(row => row.DatasetId == dataset.Key && row.ModelId == modelId, token) ?? throw Missing(dataset, modelId);
                var aliases = await context.ModelAliases.AsNoTracking()
                    .Where(alias => alias.DatasetId == dataset.Key && alias.ModelId == modelId).ToListAsync(token);
                return Record(model, aliases);
            },
            cancel);
    }

    /// <summary>Lists the versions of a model, newest first.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="beforeVersion">Last version already seen; null starts at the newest.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<ModelVersionRecord>> ListVersionsAsync(
        DatasetRecord dataset, string modelId, int? beforeVersion, int limit, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var before = beforeVersion ?? int.MaxValue;
        var rows = await _db.QueryAsync(
            (context, token) => context.ModelVersions.AsNoTracking()
                .Where(row => row.DatasetId == dataset.Key && row.ModelId == modelId && row.Version < before)
                .OrderByDescending(row => row.Version).Take(limit).ToListAsync(token),
            cancel);
        return rows.ConvertAll(Record);
    }

    /// <summary>Finds a version by number.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<ModelVersionRecord> GetVersionAsync(DatasetRecord dataset, string modelId, int version, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var row = await _db.QueryAsync(
            (context, token) => context.ModelVersions.AsNoTracking()
                .SingleOrDefaultAsync(row => row.DatasetId == dataset.Key && row.ModelId == modelId && row.Version == version, token),
            cancel);
        return row is null
            ? throw ServiceException.NotFound("version", $"{Name(dataset, modelId)}/versions/{version}", "List the model's versions.")
            : Record(row);
    }

    /// <summary>Finds the newest version.</summary>
    /// <exception cref="ServiceException">NotFound: there is no such model.</exception>
    public async Task<ModelVersionRecord> GetLatestVersionAsync(DatasetRecord dataset, string modelId, CancellationToken cancel)
    {
        var rows = await ListVersionsAsync(dataset, modelId, null, 1, cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, modelId);
    }

    /// <summary>Finds the version that an alias names.</summary>
    /// <exception cref="ServiceException">NotFound: there is no such model or alias.</exception>
    public async Task<ModelVersionRecord> GetVersionByAliasAsync(
        DatasetRecord dataset, string modelId, string alias, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        TextRules.CheckResourceId("alias", alias);
        var row = await _db.QueryAsync(
            (context, token) => (
                from named in context.ModelAliases.AsNoTracking()
                where named.DatasetId == dataset.Key && named.ModelId == modelId && named.Alias == alias
                join version in context.ModelVersions.AsNoTracking()
                    on new { named.DatasetId, named.ModelId, Version = named.ModelVersion }
                    equals new { version.DatasetId, version.ModelId, version.Version }
                select version).SingleOrDefaultAsync(token),
            cancel);
        return row is null
            ? throw ServiceException.NotFound("alias", $"{Name(dataset, modelId)} with alias '{alias}'", "Train the model, or list its aliases.")
            : Record(row);
    }

    /// <summary>Lists the aliases of a model by name.</summary>
    public async Task<IReadOnlyList<ModelAliasRecord>> ListAliasesAsync(DatasetRecord dataset, string modelId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var rows = await _db.QueryAsync(
            (context, token) => context.ModelAliases.AsNoTracking()
                .Where(alias => alias.DatasetId == dataset.Key && alias.ModelId == modelId).OrderBy(alias => alias.Alias).ToListAsync(token),
            cancel);
        return rows.ConvertAll(row => new ModelAliasRecord(row.ModelId, row.Alias, row.ModelVersion, row.Version, row.UpdateTime));
    }

    /// <summary>Points an alias at a version, creating the alias if needed, and tells every server.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="modelVersion">The version it shall name.</param>
    /// <param name="expectedVersion">Etag the caller has seen; null moves whatever is there; 0 demands that there is none yet.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">NotFound: no such version; Aborted (ETAG_MISMATCH); InvalidArgument.</exception>
    public async Task<ModelAliasRecord> SetAliasAsync(
        DatasetRecord dataset, string modelId, string alias, int modelVersion, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("alias", alias);
        await GetVersionAsync(dataset, modelId, modelVersion, cancel);
        return await _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var rows = await Sql.Command(
                    connection,
                    $"""
                    WITH moved AS (
                        UPDATE model_aliases SET model_version = $4, version = version + 1, update_time = now()
                        WHERE dataset_id = $1 AND model_id = $2 AND alias = $3 AND ($5::bigint IS NULL OR version = $5) RETURNING *
                    ), added AS (
                        INSERT INTO model_aliases (dataset_id, model_id, alias, model_version)
                        SELECT $1, $2, $3, $4 WHERE coalesce($5::bigint, 0) = 0 AND NOT EXISTS (SELECT 1 FROM moved)
                        ON CONFLICT DO NOTHING RETURNING *
                    )
                    SELECT model_id, alias, model_version, version, update_time, pg_notify('{Channels.Models}', $6)
                    FROM (SELECT * FROM moved UNION ALL SELECT * FROM added) a
                    """,
                    dataset.Key, modelId, alias, modelVersion, Sql.Typed(expectedVersion, NpgsqlDbType.Bigint), dataset.Id)
                    .ListAsync(ReadAlias, token);
                return rows.Count == 1 ? rows[0] : throw DatasetStore.EtagMismatch($"{Name(dataset, modelId)} alias '{alias}'");
            },
            cancel);
    }

    /// <summary>Removes an alias and tells every server.</summary>
    /// <exception cref="ServiceException">NotFound: no such alias; Aborted (ETAG_MISMATCH).</exception>
    public Task DeleteAliasAsync(DatasetRecord dataset, string modelId, string alias, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        TextRules.CheckResourceId("alias", alias);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                var versions = await Sql.Command(
                    connection, "SELECT version FROM model_aliases WHERE dataset_id = $1 AND model_id = $2 AND alias = $3 FOR UPDATE",
                    dataset.Key, modelId, alias).ListAsync(row => row.GetInt64(0), token);
                if (versions.Count == 0)
                {
                    throw ServiceException.NotFound("alias", $"{Name(dataset, modelId)} alias '{alias}'");
                }

                if (expectedVersion is { } expected && expected != versions[0])
                {
                    throw DatasetStore.EtagMismatch($"{Name(dataset, modelId)} alias '{alias}'");
                }

                await Sql.Command(
                    connection, "DELETE FROM model_aliases WHERE dataset_id = $1 AND model_id = $2 AND alias = $3", dataset.Key, modelId, alias)
                    .ExecuteAsync(token);
                return await Sql.Command(connection, $"SELECT pg_notify('{Channels.Models}', $1)", dataset.Id).ExecuteAsync(token);
            },
            cancel);
    }

    private static string Name(DatasetRecord dataset, string modelId) => $"datasets/{dataset.Id}/models/{modelId}";

    private static ServiceException Missing(DatasetRecord dataset, string modelId) =>
        ServiceException.NotFound("model", Name(dataset, modelId), "Train it first, or list the dataset's models.");

    private static ModelAliasRecord ReadAlias(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetInt64(3), row.GetFieldValue<DateTimeOffset>(4));

    private static ModelRecord Record(ModelEntity model, IEnumerable<ModelAliasEntity> aliases) => new(
        model.ModelId, model.LatestVersion,
        aliases.Where(alias => alias.ModelId == model.ModelId).ToDictionary(alias => alias.Alias, alias => alias.ModelVersion),
        model.CreateTime, model.UpdateTime);

    private static ModelVersionRecord Record(ModelVersionEntity row) => new(
        row.ModelId, row.Version, Convert.ToHexStringLower(row.ArtefactSha256), row.ArtefactLength, Json.Read<ModelManifest>(row.Manifest),
        row.RunId, (ModelVersionState)row.State, row.CreateTime);
}
