using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Models;

/// <summary>The canary: a version that answers a share of the predictions that would be the champion's.</summary>
public sealed partial class ModelStore
{
    /// <summary>Gives a version a share of the champion's predictions, in place of the canary there was.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="version">The version.</param>
    /// <param name="share">Its share, 0 &lt; share &lt; 1.</param>
    /// <param name="reason">Why and who, for the history.</param>
    /// <param name="expectedVersion">Etag of the model that the caller has seen; null for any.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">
    /// NotFound: no such version, or deleted; FailedPrecondition (CANARY_IS_CHAMPION); Aborted (ETAG_MISMATCH); InvalidArgument: share.
    /// </exception>
    public Task SetCanaryAsync(
        DatasetRecord dataset, string modelId, int version, double share, PromotionReason reason, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        CheckReason(reason);
        if (!(share is > 0 and < 1))
        {
            throw ServiceException.InvalidField("share", "must lie between 0 and 1, both excluded");
        }

        return _db.TransactAsync(
            async (connection, token) =>
            {
                var model = await ModelSql.LockAsync(connection, dataset, modelId, token);
                CheckModelEtag(dataset, modelId, model, expectedVersion);
                await CheckReadyAsync(connection, dataset, modelId, version, token);
                if ((await FindAliasAsync(connection, dataset, modelId, ModelAliases.Champion, token))?.ModelVersion == version)
                {
                    throw new ServiceException(
                        ErrorKind.FailedPrecondition, "CANARY_IS_CHAMPION",
                        $"{ModelSql.Name(dataset, modelId)}/versions/{version} is the champion: it answers all predictions already. Name another version.",
                        new FieldViolation("version", "is the champion"));
                }

                if (model.CanaryVersion == version && model.CanaryShare == share)
                {
                    return 0;
                }

                await WriteCanaryAsync(connection, dataset, modelId, version, share, token);
                await ModelSql.RecordAsync(
                    connection, dataset.Key, modelId,
                    new ModelChange(ModelChangeKind.CanarySet, "", model.CanaryVersion, version, reason, share), token);
                return await ModelSql.NotifyAsync(connection, dataset, token);
            },
            cancel);
    }

    /// <summary>Ends the canary: the champion answers everything again. Nothing changes where there is none.</summary>
    /// <exception cref="ServiceException">NotFound: no such model; Aborted (ETAG_MISMATCH).</exception>
    public Task ClearCanaryAsync(DatasetRecord dataset, string modelId, PromotionReason reason, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("model", modelId);
        CheckReason(reason);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                var model = await ModelSql.LockAsync(connection, dataset, modelId, token);
                CheckModelEtag(dataset, modelId, model, expectedVersion);
                if (model.CanaryVersion is null)
                {
                    return 0;
                }

                await EndCanaryAsync(connection, dataset, modelId, model, reason, token);
                return await ModelSql.NotifyAsync(connection, dataset, token);
            },
            cancel);
    }

    /// <summary>Ends the canary there is. The caller holds the model's lock and tells the servers.</summary>
    private static async Task EndCanaryAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string modelId, LockedModel model, PromotionReason reason, CancellationToken cancel)
    {
        await WriteCanaryAsync(connection, dataset, modelId, null, 0, cancel);
        await ModelSql.RecordAsync(
            connection, dataset.Key, modelId, new ModelChange(ModelChangeKind.CanaryEnded, "", model.CanaryVersion, null, reason), cancel);
    }

    private static Task<int> WriteCanaryAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string modelId, int? version, double share, CancellationToken cancel) =>
        Sql.Command(
            connection,
            """
            UPDATE models SET canary_version = $3, canary_share = $4, version = version + 1, update_time = now() WHERE dataset_id = $1 AND model_id = $2
            """,
            dataset.Key, modelId, Sql.Typed(version, NpgsqlDbType.Integer), share).ExecuteAsync(cancel);

    private static void CheckModelEtag(DatasetRecord dataset, string modelId, LockedModel model, long? expected)
    {
        if (expected is { } seen && seen != model.Version)
        {
            throw DatasetStore.EtagMismatch(ModelSql.Name(dataset, modelId));
        }
    }
}
