using System.Collections.Frozen;

namespace LabelerService.Server.Security.Audit;

/// <summary>
/// Which calls the audit log holds: those that decide who may do what, and those that delete, or change what is kept, trained by itself or served.
/// Not what labelers and predictions send, of which there is much and which has histories of its own. A test demands that every method
/// which is no read is either here or among those that it lists with the reason.
/// </summary>
internal static class AuditedMethods
{
    private static readonly FrozenSet<string> Entries = new[]
    {
        "labeler.v1.ApiKeyService/CreateApiKey",
        "labeler.v1.ApiKeyService/DeleteApiKey",
        "labeler.v1.DatasetService/CreateDataset",
        "labeler.v1.DatasetService/UpdateDataset",
        "labeler.v1.DatasetService/DeleteDataset",
        "labeler.v1.ItemService/DeleteItem",
        "labeler.v1.ItemService/BatchDeleteItems",
        "labeler.v1.LabelerRegistryService/EraseLabeler",
        "labeler.v1.RetrainingService/CreateRetrainingPolicy",
        "labeler.v1.RetrainingService/UpdateRetrainingPolicy",
        "labeler.v1.RetrainingService/DeleteRetrainingPolicy",
        "labeler.v1.ModelService/SetModelAlias",
        "labeler.v1.ModelService/DeleteModelAlias",
        "labeler.v1.ModelService/PromoteModelVersion",
        "labeler.v1.ModelService/RollbackModel",
        "labeler.v1.ModelService/SetModelCanary",
        "labeler.v1.ModelService/UpdateModel",
        "labeler.v1.ModelService/DeleteModel",
        "labeler.v1.ModelService/DeleteModelVersion",
        "labeler.v1.BackboneService/CreateBackbone",
        "labeler.v1.BackboneService/DeleteBackbone",
        "labeler.v1.TrainerService/PublishTrainedModel",
        "labeler.v1.CurveService/DeleteCurve",
        "labeler.v1.PredictionJobService/DeletePredictionJob",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Names = Entries.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> All => Entries;

    /// <summary>Whether the log holds calls of a method.</summary>
    /// <param name="method">Full name, with or without the slash in front.</param>
    public static bool Contains(string method) => Names.Contains(method.AsSpan().TrimStart('/'));
}
