using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using NpgsqlTypes;

namespace LabelerService.Storage.Models;

/// <summary>What to change about a model; null leaves a field as it is.</summary>
/// <param name="DisplayName">Name for people, at most 256 bytes.</param>
/// <param name="Description">What it is for, at most 4,096 bytes.</param>
/// <param name="Retention">Which versions are kept.</param>
public sealed record ModelUpdate(string? DisplayName, string? Description, ModelRetention? Retention);

public sealed partial class ModelStore
{
    /// <summary>Longest description, in bytes of UTF-8.</summary>
    public const int MaxDescriptionBytes = 4096;

    private const int MaxKeptVersions = 1_000_000;
    private static readonly TimeSpan MaxKeptAge = TimeSpan.FromDays(36_500);

    /// <summary>Changes what can be changed about a model.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="change">What to change.</param>
    /// <param name="expectedVersion">Etag the caller has seen; null overwrites whatever is there.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NotFound; Aborted (ETAG_MISMATCH); InvalidArgument.</exception>
    public Task UpdateAsync(DatasetRecord dataset, string modelId, ModelUpdate change, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        TextRules.CheckText("model.display_name", change.DisplayName ?? "", TextRules.MaxDisplayNameBytes);
        TextRules.CheckText("model.description", change.Description ?? "", MaxDescriptionBytes);
        if (change.Retention is { Newest: < 0 or > MaxKeptVersions })
        {
            throw ServiceException.InvalidField("model.retention.keep_newest", $"must be 0 to {MaxKeptVersions}");
        }

        if (change.Retention is { } retention && (retention.Younger < TimeSpan.Zero || retention.Younger > MaxKeptAge))
        {
            throw ServiceException.InvalidField("model.retention.keep_younger", $"must be 0 to {MaxKeptAge.TotalDays} days");
        }

        return _db.TransactAsync(
            async (connection, token) =>
            {
                var model = await ModelSql.LockAsync(connection, dataset, modelId, token);
                CheckModelEtag(dataset, modelId, model, expectedVersion);
                return await Sql.Command(
                    connection,
                    """
                    UPDATE models SET display_name = coalesce($3, display_name), description = coalesce($4, description),
                        retention_versions = coalesce($5, retention_versions), retention_seconds = coalesce($6, retention_seconds),
                        update_time = now(), version = version + 1
                    WHERE dataset_id = $1 AND model_id = $2
                    """,
                    dataset.Key, modelId, Sql.Typed(change.DisplayName, NpgsqlDbType.Text), Sql.Typed(change.Description, NpgsqlDbType.Text),
                    Sql.Typed(change.Retention?.Newest, NpgsqlDbType.Integer),
                    Sql.Typed((long?)change.Retention?.Younger.TotalSeconds, NpgsqlDbType.Bigint)).ExecuteAsync(token);
            },
            cancel);
    }
}
