using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Metrics;

namespace LabelerService.Server.Inference.Evaluation;

/// <summary>Measures a model on a split: what the served graph says, not what the trainer remembers.</summary>
internal sealed class ModelEvaluator(EvaluationReader reader)
{
    /// <summary>Evaluates a version.</summary>
    /// <exception cref="ServiceException">FAILED_PRECONDITION if the split has nothing to measure on.</exception>
    public async Task<EvaluateModelResponse> EvaluateAsync(
        PinnedModel model, ModelEvaluationPlan plan, CancellationToken cancel)
    {
        var (dataset, version) = (model.Dataset, model.Version);
        var response = new EvaluateModelResponse
        {
            ModelVersion = ResourceName.ModelVersion(dataset.Id, version.ModelId, version.Version),
            Classes = { dataset.Schema.Classes },
            Basis = plan.Basis,
            Warnings = { plan.Warnings() },
        };
        if (plan.Basis == EvaluationBasis.Labelers)
        {
            AddLabelers(response, await reader.ReadAnnotatedAsync(dataset, plan, [model], cancel), plan, cancel);
        }
        else
        {
            AddGold(response, await reader.ReadGoldAsync(dataset, plan, [model], cancel), dataset.Schema, plan, cancel);
        }

        return response;
    }

    private static void AddGold(
        EvaluateModelResponse response, GoldItems items, DatasetSchema schema, ModelEvaluationPlan plan, CancellationToken cancel)
    {
        response.Warnings.AddRange(items.Warnings());
        var probabilities = items.Probabilities[0];
        var classes = schema.Classes.Count;
        var list = new MetricList(plan, items.Gold.Length, cancel);
        var sample = new ClassificationSample(probabilities, items.Gold, classes);
        list.Add("accuracy", sample.Accuracy);
        list.Add("log_loss", sample.LogLoss);
        list.Add("ece", rows => sample.ExpectedCalibrationError(rows));
        if (schema.LabelKind == LabelKind.Ordinal)
        {
            var ordinal = new OrdinalSample(probabilities, items.Gold, classes);
            list.Add("mean_absolute_error", ordinal.MeanAbsoluteError);
            list.Add("quadratic_weighted_kappa", ordinal.QuadraticWeightedKappa, "gold and predictions are all of one class");
        }

        if (plan.Positive is { } positive)
        {
            const string oneSide = "gold has items of only one side, positive or negative";
            var binary = BinaryCollapse.Sample(probabilities, items.Gold, positive);
            list.Add("auc", binary.RocAuc, oneSide);
            list.Add("specificity_at_sensitivity", rows => binary.SpecificityAtSensitivity(rows, plan.Sensitivity), oneSide);
            response.PositiveClasses.AddRange(schema.Classes.Where((_, k) => positive[k]));
            response.Sensitivity = plan.Sensitivity;
        }

        Add(response, list);
        foreach (var cell in sample.Confusion().Counts)
        {
            response.Confusion.Add(cell);
        }
    }

    private static void AddLabelers(
        EvaluateModelResponse response, AnnotatedItems items, ModelEvaluationPlan plan, CancellationToken cancel)
    {
        response.Warnings.AddRange(items.Warnings());
        var probabilities = items.Probabilities[0];
        var confusions = LabelerConfusionFit.Of(items.Annotations, ClassDistributions.ToDouble(probabilities), cancel);
        var sample = new HeldOutLabelers(probabilities, items.Annotations, confusions);
        var list = new MetricList(plan, sample.Count, cancel);
        list.Add("held_out_log_likelihood", sample.LogLikelihood);
        list.Add("agreement", sample.Agreement);
        list.Add("label_loss", sample.LabelLoss);
        Add(response, list);
    }

    private static void Add(EvaluateModelResponse response, MetricList list)
    {
        response.Metrics.AddRange(list.Metrics);
        response.Warnings.AddRange(list.Warnings);
    }
}
