using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace LabelerService.Cli.Client;

/// <summary>
/// gRPC's own retries: UNAVAILABLE is tried again for every unary call that may be repeated. Creates are among them because they carry a
/// <c>request_id</c>; deletes are not, since a repeated delete answers NOT_FOUND. Streams are not: what was read from a file is gone.
/// </summary>
internal static class RetryPolicies
{
    private static readonly (string Service, string[] Methods)[] Repeatable =
    [
        ("DatasetService", ["CreateDataset", "GetDataset", "ListDatasets"]),
        ("ItemService", ["BatchCreateItems", "GetItem", "ListItems", "BatchSetGoldClasses"]),
        ("LabelerRegistryService", ["BatchCreateLabelers", "GetLabeler", "ListLabelers"]),
        ("AnnotationService", ["BatchCreateAnnotations", "ListAnnotations"]),
        ("TrainingService", ["ListAlgorithms", "CreateTrainingRun", "GetTrainingRun", "ListTrainingRuns", "CancelTrainingRun", "ListTrainers"]),
        ("ModelService", [
            "GetModel", "ListModels", "GetModelVersion", "ListModelVersions", "EvaluateModel", "CompareModels", "ListAliasChanges", "GetModelLineage",
            "GetModelCard", "DeleteModelVersion",
        ]),
        ("RetrainingService",
            ["CreateRetrainingPolicy", "GetRetrainingPolicy", "ListRetrainingPolicies", "EvaluateRetrainingPolicy", "ListPromotionDecisions"]),
        ("PredictionService", ["Predict", "BatchPredict"]),
        ("PredictionJobService", ["CreatePredictionJob", "GetPredictionJob", "ListPredictionJobs", "CancelPredictionJob", "ListPredictions"]),
        ("ApiKeyService", ["GetApiKey", "ListApiKeys"]),
    ];

    /// <summary>The service config with those retries: at most four tries, 0.2 to 2 seconds apart.</summary>
    public static ServiceConfig ServiceConfig()
    {
        var method = new MethodConfig
        {
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = 4,
                InitialBackoff = TimeSpan.FromMilliseconds(200),
                BackoffMultiplier = 2,
                MaxBackoff = TimeSpan.FromSeconds(2),
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        foreach (var (service, methods) in Repeatable)
        {
            foreach (var name in methods)
            {
                method.Names.Add(new MethodName { Service = $"labeler.v1.{service}", Method = name });
            }
        }

        return new ServiceConfig { MethodConfigs = { method } };
    }
}
