using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;

namespace LabelerService.Storage.Models;

/// <summary>The registry of models: versions, and the aliases that name them. Versions come only from successful runs.</summary>
public sealed partial class ModelStore
{
    private static readonly short[] Ready = [(short)ModelVersionState.Ready];
    private static readonly short[] AllStates = [(short)ModelVersionState.Ready, (short)ModelVersionState.Deleted];

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
                    .Where(model => model.DatasetId == dataset.Key && model.DeleteTime == null && string.Compare(model.ModelId, after) > 0)
                    .OrderBy(model => model.ModelId).Take(limit).ToListAsync(token);
                var ids = models.Select(model => model.ModelId).ToList();
                var aliases = await context.ModelAliases.AsNoTracking()
                    .Where(alias => alias.DatasetId == dataset.Key && ids.Contains(alias.ModelId)).ToListAsync(token);
                var latest = await LatestAsync(context, dataset, ids, token);
                return models.ConvertAll(model => Record(model, aliases, latest));
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
                    .SingleOrDefaultAsync(row => row.DatasetId == dataset.Key && row.ModelId == modelId && row.DeleteTime == null, token)
                    ?? throw ModelSql.Missing(dataset, modelId);
                var aliases = await context.ModelAliases.AsNoTracking()
                    .Where(alias => alias.DatasetId == dataset.Key && alias.ModelId == modelId).ToListAsync(token);
                return Record(model, aliases, await LatestAsync(context, dataset, [modelId], token));
            },
            cancel);
    }

    /// <summary>Lists the versions of a model, newest first.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="beforeVersion">Last version already seen; null starts at the newest.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    /// <param name="deleted">Whether versions that were deleted are listed too.</param>
    public async Task<IReadOnlyList<ModelVersionRecord>> ListVersionsAsync(
        DatasetRecord dataset, string modelId, int? beforeVersion, int limit, CancellationToken cancel, bool deleted = false)
    {
        TextRules.CheckResourceId("model", modelId);
        var before = beforeVersion ?? int.MaxValue;
        var states = deleted ? AllStates : Ready;
        var rows = await _db.QueryAsync(
            (context, token) => context.ModelVersions.AsNoTracking()
                .Where(row => row.DatasetId == dataset.Key && row.ModelId == modelId && row.Version < before && states.Contains(row.State))
                .OrderByDescending(row => row.Version).Take(limit).ToListAsync(token),
            cancel);
        return rows.ConvertAll(Record);
    }

    /// <summary>Finds a version by number.</summary>
    /// <exception cref="ServiceException">NotFound; if the version was there and is deleted, the reason is VERSION_DELETED.</exception>
    public async Task<ModelVersionRecord> GetVersionAsync(DatasetRecord dataset, string modelId, int version, CancellationToken cancel)
    {
        var record = await GetVersionOrTombstoneAsync(dataset, modelId, version, cancel);
        return record.State == ModelVersionState.Ready ? record : throw ModelSql.DeletedVersion(dataset, modelId, version);
    }

    /// <summary>Finds a version by number, be it deleted or not. A deleted one has no artefact.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<ModelVersionRecord> GetVersionOrTombstoneAsync(DatasetRecord dataset, string modelId, int version, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var row = await _db.QueryAsync(
            (context, token) => context.ModelVersions.AsNoTracking()
                .SingleOrDefaultAsync(row => row.DatasetId == dataset.Key && row.ModelId == modelId && row.Version == version, token),
            cancel);
        return row is null ? throw ModelSql.MissingVersion(dataset, modelId, version) : Record(row);
    }

    /// <summary>Finds the newest version.</summary>
    /// <exception cref="ServiceException">NotFound: there is no such model.</exception>
    public async Task<ModelVersionRecord> GetLatestVersionAsync(DatasetRecord dataset, string modelId, CancellationToken cancel)
    {
        var rows = await ListVersionsAsync(dataset, modelId, null, 1, cancel);
        return rows.Count == 1 ? rows[0] : throw ModelSql.Missing(dataset, modelId);
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
            ? throw ServiceException.NotFound("alias", $"{ModelSql.Name(dataset, modelId)} with alias '{alias}'", "Train the model, or list its aliases.")
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

    /// <summary>What decides which version of a model answers, read in one statement.</summary>
    /// <exception cref="ServiceException">NotFound: there is no such model.</exception>
    public async Task<ModelRoute> GetRouteAsync(DatasetRecord dataset, string modelId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT m.canary_version, m.canary_share, a.alias, a.model_version FROM models m
                LEFT JOIN model_aliases a ON a.dataset_id = m.dataset_id AND a.model_id = m.model_id
                WHERE m.dataset_id = $1 AND m.model_id = $2 AND m.delete_time IS NULL
                """,
                dataset.Key, modelId).ListAsync(row => (row.Maybe<int>(0), row.GetDouble(1), row.MaybeText(2), row.Maybe<int>(3)), token),
            cancel);
        if (rows.Count == 0)
        {
            throw ModelSql.Missing(dataset, modelId);
        }

        var aliases = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (_, _, alias, version) in rows)
        {
            if (alias is not null && version is { } number)
            {
                aliases.Add(alias, number);
            }
        }

        return new ModelRoute(aliases, rows[0].Item1, rows[0].Item2);
    }

    /// <summary>A version and those that its training came from by warm starts, nearest first, be they deleted or not.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="version">The version.</param>
    /// <param name="limit">Versions at most.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<IReadOnlyList<ModelVersionRecord>> GetLineageAsync(
        DatasetRecord dataset, string modelId, int version, int limit, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                WITH RECURSIVE line AS (
                    SELECT v.model_id, v.version, v.manifest -> 'Parent' AS parent, 1 AS place FROM model_versions v
                    WHERE v.dataset_id = $1 AND v.model_id = $2 AND v.version = $3
                    UNION ALL
                    SELECT v.model_id, v.version, v.manifest -> 'Parent', l.place + 1 FROM line l
                    JOIN model_versions v ON v.dataset_id = $1 AND v.model_id = l.parent ->> 'ModelId' AND v.version = (l.parent ->> 'Version')::integer
                    WHERE l.place < $4
                )
                SELECT v.model_id, v.version, v.artefact_sha256, v.artefact_length, v.manifest, v.run_id, v.state, v.create_time, v.champion_version,
                       v.delete_time, v.delete_actor
                FROM line l JOIN model_versions v ON v.dataset_id = $1 AND v.model_id = l.model_id AND v.version = l.version ORDER BY l.place
                """,
                dataset.Key, modelId, version, limit).ListAsync(
                    row => new ModelVersionRecord(
                        row.GetString(0), row.GetInt32(1), Convert.ToHexStringLower(row.GetFieldValue<byte[]>(2)), row.GetInt64(3),
                        Json.Read<ModelManifest>(row.GetString(4)), row.GetString(5), (ModelVersionState)row.GetInt16(6),
                        row.GetFieldValue<DateTimeOffset>(7))
                    {
                        ChampionVersion = row.Maybe<int>(8),
                        DeleteTime = row.Maybe<DateTimeOffset>(9),
                        DeleteActor = row.GetString(10),
                    },
                    token),
            cancel);
        return rows.Count > 0 ? rows : throw ModelSql.MissingVersion(dataset, modelId, version);
    }

    private static Task<Dictionary<string, int>> LatestAsync(
        LabelerDbContext context, DatasetRecord dataset, List<string> models, CancellationToken cancel) =>
        context.ModelVersions.AsNoTracking()
            .Where(row => row.DatasetId == dataset.Key && models.Contains(row.ModelId) && row.State == (short)ModelVersionState.Ready)
            .GroupBy(row => row.ModelId).Select(group => new { group.Key, Latest = group.Max(row => row.Version) })
            .ToDictionaryAsync(group => group.Key, group => group.Latest, cancel);

    private static ModelRecord Record(ModelEntity model, IEnumerable<ModelAliasEntity> aliases, Dictionary<string, int> latest) => new(
        model.ModelId, latest.GetValueOrDefault(model.ModelId),
        aliases.Where(alias => alias.ModelId == model.ModelId).ToDictionary(alias => alias.Alias, alias => alias.ModelVersion),
        model.CreateTime, model.UpdateTime)
    {
        DisplayName = model.DisplayName,
        Description = model.Description,
        Retention = new ModelRetention(model.RetentionVersions, TimeSpan.FromSeconds(model.RetentionSeconds)),
        CanaryVersion = model.CanaryVersion,
        CanaryShare = model.CanaryShare,
        Version = model.Version,
    };

    private static ModelVersionRecord Record(ModelVersionEntity row) => new(
        row.ModelId, row.Version, Convert.ToHexStringLower(row.ArtefactSha256), row.ArtefactLength, Json.Read<ModelManifest>(row.Manifest),
        row.RunId, (ModelVersionState)row.State, row.CreateTime)
    {
        ChampionVersion = row.ChampionVersion,
        WeightsSha256 = row.WeightsSha256 is null ? null : Convert.ToHexStringLower(row.WeightsSha256),
        OutOfFoldSha256 = row.OutOfFoldSha256 is null ? null : Convert.ToHexStringLower(row.OutOfFoldSha256),
        EncoderSha256 = row.EncoderSha256 is null ? null : Convert.ToHexStringLower(row.EncoderSha256),
        DeleteTime = row.DeleteTime,
        DeleteActor = row.DeleteActor,
        ErasedData = (Labelers.ErasureMode?)row.ErasedData,
        EraseTime = row.EraseTime,
    };
}
