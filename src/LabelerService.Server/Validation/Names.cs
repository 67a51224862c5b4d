using LabelerService.Contracts;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Validation;

/// <summary>Reads resource names out of requests; a malformed one is INVALID_ARGUMENT naming the field.</summary>
internal static class Names
{
    /// <summary>Id of <c>datasets/{dataset}</c>.</summary>
    public static string Dataset(string name, string field) => ResourceName.TryParseDataset(name, out var dataset)
        ? dataset
        : throw Malformed(field, name, "datasets/{dataset}");

    /// <summary>Id of <c>apiKeys/{key}</c>.</summary>
    public static string ApiKey(string name, string field) => ResourceName.TryParseApiKey(name, out var key)
        ? key
        : throw Malformed(field, name, "apiKeys/{api_key}");

    /// <summary>Ids of <c>datasets/{dataset}/items/{item}</c>.</summary>
    public static (string Dataset, long Item) Item(string name, string field) =>
        ResourceName.TryParseNumbered(name, "items", out var dataset, out var item)
            ? (dataset, item)
            : throw Malformed(field, name, "datasets/{dataset}/items/{item}");

    /// <summary>Ids of <c>datasets/{dataset}/labelers/{labeler}</c>.</summary>
    public static (string Dataset, long Labeler) Labeler(string name, string field) =>
        ResourceName.TryParseNumbered(name, "labelers", out var dataset, out var labeler)
            ? (dataset, labeler)
            : throw Malformed(field, name, "datasets/{dataset}/labelers/{labeler}");

    /// <summary>Ids of <c>datasets/{dataset}/annotations/{item}-{labeler}</c>.</summary>
    public static (string Dataset, long Item, long Labeler) Annotation(string name, string field) =>
        ResourceName.TryParseAnnotation(name, out var dataset, out var item, out var labeler)
            ? (dataset, item, labeler)
            : throw Malformed(field, name, "datasets/{dataset}/annotations/{item number}-{labeler number}");

    /// <summary>Ids of <c>datasets/{dataset}/trainingRuns/{run}</c>.</summary>
    public static (string Dataset, string Run) TrainingRun(string name, string field) =>
        ResourceName.TryParseTrainingRun(name, out var dataset, out var run)
            ? (dataset, run)
            : throw Malformed(field, name, "datasets/{dataset}/trainingRuns/{training_run}");

    /// <summary>Ids of <c>datasets/{dataset}/retrainingPolicies/{policy}</c>.</summary>
    public static (string Dataset, string Policy) RetrainingPolicy(string name, string field) =>
        ResourceName.TryParseRetrainingPolicy(name, out var dataset, out var policy)
            ? (dataset, policy)
            : throw Malformed(field, name, "datasets/{dataset}/retrainingPolicies/{retraining_policy}");

    /// <summary>Ids of <c>datasets/{dataset}/backbones/{backbone}</c>.</summary>
    public static (string Dataset, string Backbone) Backbone(string name, string field) =>
        ResourceName.TryParseBackbone(name, out var dataset, out var backbone)
            ? (dataset, backbone)
            : throw Malformed(field, name, "datasets/{dataset}/backbones/{backbone}");

    /// <summary>Ids of <c>datasets/{dataset}/predictionJobs/{job}</c>.</summary>
    public static (string Dataset, string Job) PredictionJob(string name, string field) =>
        ResourceName.TryParsePredictionJob(name, out var dataset, out var job)
            ? (dataset, job)
            : throw Malformed(field, name, "datasets/{dataset}/predictionJobs/{prediction_job}");

    /// <summary>Ids of <c>datasets/{dataset}/curves/{curve}</c>.</summary>
    public static (string Dataset, string Curve) Curve(string name, string field) =>
        ResourceName.TryParseCurve(name, out var dataset, out var curve)
            ? (dataset, curve)
            : throw Malformed(field, name, "datasets/{dataset}/curves/{curve}");

    /// <summary>Ids of <c>datasets/{dataset}/models/{model}</c>.</summary>
    public static (string Dataset, string Model) Model(string name, string field) =>
        ResourceName.TryParseModel(name, out var dataset, out var model)
            ? (dataset, model)
            : throw Malformed(field, name, "datasets/{dataset}/models/{model}");

    /// <summary>Ids of <c>datasets/{dataset}/models/{model}/versions/{version}</c>.</summary>
    public static (string Dataset, string Model, int Version) ModelVersion(string name, string field) =>
        ResourceName.TryParseModelVersion(name, out var dataset, out var model, out var version)
            ? (dataset, model, version)
            : throw Malformed(field, name, "datasets/{dataset}/models/{model}/versions/{version}");

    /// <summary>Ids of a model, with the version where the name has one.</summary>
    public static (string Dataset, string Model, int? Version) ModelOrVersion(string name, string field)
    {
        if (ResourceName.TryParseModel(name, out var dataset, out var model))
        {
            return (dataset, model, null);
        }

        return ResourceName.TryParseModelVersion(name, out dataset, out model, out var version)
            ? (dataset, model, version)
            : throw Malformed(field, name, "datasets/{dataset}/models/{model} or datasets/{dataset}/models/{model}/versions/{version}");
    }

    private static ServiceException Malformed(string field, string name, string pattern) => ServiceException.InvalidField(
        field, name.Length == 0 ? $"must not be empty; it takes {pattern}" : $"must be {pattern}, ids matching [a-z0-9-]{{1,63}}");
}
