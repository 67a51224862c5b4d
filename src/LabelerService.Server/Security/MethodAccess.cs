using System.Collections.Frozen;
using LabelerService.Core.Access;

namespace LabelerService.Server.Security;

/// <summary>
/// Which roles may call which method. A method that is not here can be called by nobody; a test demands an entry for every rpc. The scope
/// of datasets is checked apart from this, in <see cref="Services.DatasetResolver"/>.
/// </summary>
internal static class MethodAccess
{
    /// <summary>Entry of the document that describes the JSON API, which is no method.</summary>
    public const string OpenApi = "openapi/v1.json";

    private static readonly Role[] Admins = [Role.Admin];
    private static readonly Role[] Writers = [Role.Admin, Role.Ingester];
    private static readonly Role[] Readers = [Role.Admin, Role.Ingester, Role.Reader];
    private static readonly Role[] Submitters = [Role.Admin, Role.Ingester, Role.Labeler];
    private static readonly Role[] Trainers = [Role.Admin, Role.Trainer];
    private static readonly Role[] Everyone = [Role.Admin, Role.Ingester, Role.Labeler, Role.Reader];

    private static readonly FrozenDictionary<string, Role[]> Entries = new Dictionary<string, Role[]>(StringComparer.Ordinal)
    {
        // Creating and changing a dataset includes its quota; whatever deletes is for admins.
        ["labeler.v1.DatasetService/CreateDataset"] = Admins,
        ["labeler.v1.DatasetService/GetDataset"] = Everyone,
        ["labeler.v1.DatasetService/ListDatasets"] = Everyone,
        ["labeler.v1.DatasetService/UpdateDataset"] = Admins,
        ["labeler.v1.DatasetService/DeleteDataset"] = Admins,

        // Counts, as in GetDataset.
        ["labeler.v1.DatasetService/WatchDatasetActivity"] = Everyone,

        // Items come to labelers without their gold classes, see LabelerView.
        ["labeler.v1.ItemService/BatchCreateItems"] = Writers,
        ["labeler.v1.ItemService/StreamItems"] = Writers,
        ["labeler.v1.ItemService/GetItem"] = Everyone,
        ["labeler.v1.ItemService/ListItems"] = Everyone,
        ["labeler.v1.ItemService/ExportItems"] = Readers,

        // Of a labeler's own work; an order says nothing of others by name.
        ["labeler.v1.ItemService/ListItemsToAnnotate"] = Submitters,
        ["labeler.v1.ItemService/DeleteItem"] = Admins,
        ["labeler.v1.ItemService/BatchDeleteItems"] = Admins,
        ["labeler.v1.ItemService/BatchSetGoldClasses"] = Writers,

        ["labeler.v1.LabelerRegistryService/BatchCreateLabelers"] = Writers,
        ["labeler.v1.LabelerRegistryService/GetLabeler"] = Readers,
        ["labeler.v1.LabelerRegistryService/ListLabelers"] = Readers,
        ["labeler.v1.LabelerRegistryService/UpdateLabeler"] = Writers,

        // Cannot be undone, and revokes keys.
        ["labeler.v1.LabelerRegistryService/EraseLabeler"] = Admins,

        // A labeler submits and reads annotations of its own only, see LabelerView.
        ["labeler.v1.AnnotationService/BatchCreateAnnotations"] = Submitters,
        ["labeler.v1.AnnotationService/StreamAnnotations"] = Submitters,
        ["labeler.v1.AnnotationService/IngestAnnotations"] = Submitters,
        ["labeler.v1.AnnotationService/GetAnnotation"] = Everyone,
        ["labeler.v1.AnnotationService/ListAnnotations"] = Everyone,
        ["labeler.v1.AnnotationService/ListAnnotationRevisions"] = Everyone,
        ["labeler.v1.AnnotationService/ExportAnnotations"] = Readers,

        // A run uses the machine for long but changes nothing: who brings the labels may start one.
        ["labeler.v1.TrainingService/ListAlgorithms"] = Readers,
        ["labeler.v1.TrainingService/CreateTrainingRun"] = Writers,
        ["labeler.v1.TrainingService/GetTrainingRun"] = Readers,
        ["labeler.v1.TrainingService/ListTrainingRuns"] = Readers,
        ["labeler.v1.TrainingService/WatchTrainingRun"] = Readers,
        ["labeler.v1.TrainingService/CancelTrainingRun"] = Writers,

        // What a trainer of others publishes runs in this process, as an extractor does.
        ["labeler.v1.TrainerService/LeaseTrainingRun"] = Trainers,
        ["labeler.v1.TrainerService/RenewTrainingLease"] = Trainers,
        ["labeler.v1.TrainerService/ReadTrainingData"] = Trainers,
        ["labeler.v1.TrainerService/ReportTrainingProgress"] = Trainers,
        ["labeler.v1.TrainerService/PublishTrainedModel"] = Trainers,
        ["labeler.v1.TrainerService/EndTrainingRun"] = Trainers,

        // Insight tells of labelers by name: none of it is for labelers.
        ["labeler.v1.InsightService/ListAggregators"] = Readers,
        ["labeler.v1.InsightService/RefreshInsights"] = Readers,
        ["labeler.v1.InsightService/ListItemConsensus"] = Readers,
        ["labeler.v1.InsightService/ExportItemConsensus"] = Readers,
        ["labeler.v1.InsightService/ListLabelerInsights"] = Readers,
        ["labeler.v1.InsightService/GetLabelerInsight"] = Readers,
        ["labeler.v1.InsightService/ListLookAlikes"] = Readers,
        ["labeler.v1.InsightService/ListLabelerPairs"] = Readers,
        ["labeler.v1.InsightService/ListSuspectedAnnotations"] = Readers,
        ["labeler.v1.InsightService/GetAgreement"] = Readers,
        ["labeler.v1.InsightService/SuggestAnnotations"] = Readers,

        // A curve trains for long but changes nothing.
        ["labeler.v1.CurveService/CreateCurve"] = Writers,
        ["labeler.v1.CurveService/GetCurve"] = Readers,
        ["labeler.v1.CurveService/ListCurves"] = Readers,
        ["labeler.v1.CurveService/ResumeCurve"] = Writers,
        ["labeler.v1.CurveService/DeleteCurve"] = Admins,

        // Trainers belong to no dataset; of what they do only a number shows.
        ["labeler.v1.TrainingService/ListTrainers"] = Readers,

        // A policy trains and promotes by itself, for as long as it is there.
        ["labeler.v1.RetrainingService/CreateRetrainingPolicy"] = Admins,
        ["labeler.v1.RetrainingService/GetRetrainingPolicy"] = Readers,
        ["labeler.v1.RetrainingService/ListRetrainingPolicies"] = Readers,
        ["labeler.v1.RetrainingService/UpdateRetrainingPolicy"] = Admins,
        ["labeler.v1.RetrainingService/DeleteRetrainingPolicy"] = Admins,
        ["labeler.v1.RetrainingService/EvaluateRetrainingPolicy"] = Readers,
        ["labeler.v1.RetrainingService/ListPromotionDecisions"] = Readers,

        ["labeler.v1.ModelService/GetModel"] = Readers,
        ["labeler.v1.ModelService/ListModels"] = Readers,
        ["labeler.v1.ModelService/GetModelVersion"] = Readers,
        ["labeler.v1.ModelService/ListModelVersions"] = Readers,
        ["labeler.v1.ModelService/SetModelAlias"] = Writers,
        ["labeler.v1.ModelService/DeleteModelAlias"] = Admins,
        ["labeler.v1.ModelService/EvaluateModel"] = Readers,
        ["labeler.v1.ModelService/CompareModels"] = Readers,
        ["labeler.v1.ModelService/PromoteModelVersion"] = Writers,
        ["labeler.v1.ModelService/RollbackModel"] = Writers,
        ["labeler.v1.ModelService/SetModelCanary"] = Writers,
        ["labeler.v1.ModelService/ListAliasChanges"] = Readers,
        ["labeler.v1.ModelService/GetModelLineage"] = Readers,
        ["labeler.v1.ModelService/GetModelCard"] = Readers,
        ["labeler.v1.ModelService/DownloadModelVersion"] = Readers,

        // Changing a model includes its retention, which deletes versions.
        ["labeler.v1.ModelService/UpdateModel"] = Admins,
        ["labeler.v1.ModelService/DeleteModel"] = Admins,
        ["labeler.v1.ModelService/DeleteModelVersion"] = Admins,

        // An uploaded model is code that server and trainers run.
        ["labeler.v1.BackboneService/CreateBackbone"] = Admins,
        ["labeler.v1.BackboneService/GetBackbone"] = Readers,
        ["labeler.v1.BackboneService/ListBackbones"] = Readers,
        ["labeler.v1.BackboneService/DeleteBackbone"] = Admins,

        ["labeler.v1.PredictionService/Predict"] = Readers,
        ["labeler.v1.PredictionService/BatchPredict"] = Readers,
        ["labeler.v1.PredictionService/StreamPredict"] = Readers,

        // A job uses the machine and the disk for long, as a training run does.
        ["labeler.v1.PredictionJobService/CreatePredictionJob"] = Writers,
        ["labeler.v1.PredictionJobService/GetPredictionJob"] = Readers,
        ["labeler.v1.PredictionJobService/ListPredictionJobs"] = Readers,
        ["labeler.v1.PredictionJobService/CancelPredictionJob"] = Writers,
        ["labeler.v1.PredictionJobService/DeletePredictionJob"] = Admins,
        ["labeler.v1.PredictionJobService/ListPredictions"] = Readers,
        ["labeler.v1.PredictionJobService/DownloadPredictions"] = Readers,

        ["labeler.v1.ApiKeyService/CreateApiKey"] = Admins,
        ["labeler.v1.ApiKeyService/GetApiKey"] = Admins,
        ["labeler.v1.ApiKeyService/ListApiKeys"] = Admins,
        ["labeler.v1.ApiKeyService/DeleteApiKey"] = Admins,

        // Who did what to whose data; admins are watched by it, and may see that they are.
        ["labeler.v1.AuditService/ListAuditEvents"] = Admins,
        ["labeler.v1.AuditService/VerifyAuditLog"] = Admins,

        // Also behind their twins over HTTP. ServerLive and ServerReady are open to strangers, like every probe.
        ["inference.GRPCInferenceService/ServerMetadata"] = Readers,
        ["inference.GRPCInferenceService/ModelReady"] = Readers,
        ["inference.GRPCInferenceService/ModelMetadata"] = Readers,
        ["inference.GRPCInferenceService/ModelInfer"] = Readers,

        // What the API looks like is no secret, but nothing answers strangers.
        [OpenApi] = Everyone,
        ["grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] = Everyone,
        ["grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"] = Everyone,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every method of the catalogue, as <c>labeler.v1.DatasetService/GetDataset</c>.</summary>
    public static IReadOnlyCollection<string> Methods => Entries.Keys;

    /// <summary>The roles that may call a method; none for a method that is not in the catalogue.</summary>
    /// <param name="method">Full name, with or without the slash in front.</param>
    public static IReadOnlyList<Role> RolesOf(string method) => Entries.GetValueOrDefault(method.TrimStart('/')) ?? [];
}
