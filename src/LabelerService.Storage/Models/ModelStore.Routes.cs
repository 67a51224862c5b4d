using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Models;

/// <summary>Which versions of a model there are, and which of them answers, at one moment.</summary>
/// <param name="DatasetId">Id of the dataset.</param>
/// <param name="DatasetUid">Tells a dataset from another that had its id before.</param>
/// <param name="ModelId">Id of the model.</param>
/// <param name="Route">Aliases and canary.</param>
/// <param name="Versions">Versions that can be served.</param>
public sealed record ModelRouteState(string DatasetId, Guid DatasetUid, string ModelId, ModelRoute Route, IReadOnlySet<int> Versions)
{
    /// <summary>When a labeler of the dataset was last erased: what is known of versions from before may name them. Null for never.</summary>
    public DateTimeOffset? LastErasure { get; init; }
}

public sealed partial class ModelStore
{
    /// <summary>Reads the routes of many models, each in one snapshot with its versions. Those that do not exist (any more) are left out.</summary>
    public async Task<IReadOnlyList<ModelRouteState>> ReadRoutesAsync(
        IReadOnlyCollection<(string DatasetId, string ModelId)> models, CancellationToken cancel)
    {
        if (models.Count == 0)
        {
            return [];
        }

        return await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT d.id, d.uid, m.model_id, m.canary_version, m.canary_share, a.aliases, a.versions,
                       ARRAY(SELECT v.version FROM model_versions v
                             WHERE v.dataset_id = m.dataset_id AND v.model_id = m.model_id AND v.state = {(int)ModelVersionState.Ready}),
                       (SELECT max(e.erase_time) FROM labeler_erasures e WHERE e.dataset_id = m.dataset_id)
                FROM unnest($1::text[], $2::text[]) AS k (dataset, model)
                JOIN datasets d ON d.id = k.dataset
                JOIN models m ON m.dataset_id = d.dataset_id AND m.model_id = k.model AND m.delete_time IS NULL
                CROSS JOIN LATERAL (
                    SELECT coalesce(array_agg(alias), ARRAY[]::text[]) AS aliases, coalesce(array_agg(model_version), ARRAY[]::integer[]) AS versions
                    FROM model_aliases WHERE dataset_id = m.dataset_id AND model_id = m.model_id) a
                """,
                models.Select(model => model.DatasetId).ToArray(), models.Select(model => model.ModelId).ToArray())
                .ListAsync(ReadRoute, token),
            cancel);
    }

    private static ModelRouteState ReadRoute(NpgsqlDataReader row)
    {
        var aliases = row.GetFieldValue<string[]>(5).Zip(row.GetFieldValue<int[]>(6)).ToDictionary(pair => pair.First, pair => pair.Second);
        return new ModelRouteState(
            row.GetString(0), row.GetGuid(1), row.GetString(2), new ModelRoute(aliases, row.Maybe<int>(3), row.GetDouble(4)),
            row.GetFieldValue<int[]>(7).ToHashSet())
        {
            LastErasure = row.Maybe<DateTimeOffset>(8),
        };
    }
}
