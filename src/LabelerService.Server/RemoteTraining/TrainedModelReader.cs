using LabelerService.Contracts.V1;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Extraction;
using LabelerService.Server.Inference;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.Runs;
using ModelHead = LabelerService.Core.Models.ModelHead;
using WireHead = LabelerService.Contracts.V1.ModelHead;

namespace LabelerService.Server.RemoteTraining;

/// <summary>Checks what a trainer of others says of its model, and makes the manifest of it.</summary>
internal sealed class TrainedModelReader(LabelerStore labelers, TrainingLineage lineages, TimeProvider time)
{
    private const int MostParityRows = 256;
    private const int MostMetrics = 256;
    private const int MostHeads = 100_000;
    private const int MostSettings = 256;

    // A graph that is this slow cannot serve.
    private static readonly TimeSpan TrialTime = TimeSpan.FromSeconds(30);

    /// <summary>Checks all that is said beside the graph.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the fields.</exception>
    public async Task<ModelManifest> ReadAsync(DatasetRecord dataset, RunRecord run, TrainedModel? model, CancellationToken cancel)
    {
        if (model is null)
        {
            throw ServiceException.InvalidField("model", "must be set in the first message");
        }

        var validator = new RequestValidator();
        var schema = dataset.Schema;
        CheckHeads(model, validator);
        validator.Require(model.CodeVersion.Length > 0, "model.code_version", "must be set");
        validator.Text(model.CodeVersion, "model.code_version");
        validator.Require(model.Metrics.Count <= MostMetrics, "model.metrics", $"has {model.Metrics.Count} entries; {MostMetrics} are the most");
        CheckMetrics(model, validator);
        CheckSettings(model, validator);
        validator.Require(model.ValuesPerItem >= 0, "model.values_per_item", "must not be negative");
        var rows = (int)Math.Min(model.ParityFeatures?.Shape.FirstOrDefault() ?? 0, int.MaxValue);
        validator.Require(rows is >= 1 and <= MostParityRows, "model.parity_features", $"must have 1 to {MostParityRows} rows");
        if (validator.Count == 0)
        {
            TensorReader.Check(model.ParityFeatures, rows, schema.FeatureLength, "model.parity_features", validator);
            TensorReader.Check(model.ParityProbabilities, rows, schema.Classes.Count, "model.parity_probabilities", validator);
        }

        validator.ThrowIfInvalid();
        var lineage = lineages.Read(run, model.Lineage, "model.lineage");
        await CheckLabelersAsync(dataset, model, cancel);
        var seconds = model.TrainingTime?.ToTimeSpan().TotalSeconds ?? 0;
        return new ModelManifest
        {
            Algorithm = run.Algorithm,
            Classes = schema.Classes,
            FeatureLength = schema.FeatureLength,
            Encoding = ItemEncoding.Expected(schema),
            ValuesPerItem = model.ValuesPerItem,
            Heads = [.. model.Heads.Select(Head)],
            Settings = new SortedDictionary<string, string>(model.Settings, StringComparer.Ordinal),
            Seed = run.Seed,
            SnapshotId = lineage.SnapshotId,
            CodeVersion = model.CodeVersion,
            AnnotationCount = lineage.AnnotationCount,
            Metrics =
            [
                .. model.Metrics.Select(metric => new ModelMetric(
                    metric.Split, metric.Metric_, metric.Value, (int)metric.Count, metric.HasLower ? metric.Lower : null, metric.HasUpper ? metric.Upper : null)),
            ],
            ParityMaxDifference = 0,
            TrainingSeconds = seconds > 0 ? seconds : Math.Max(0, (time.GetUtcNow() - (run.StartTime ?? run.CreateTime)).TotalSeconds),
            Data = lineage.Data,
        };
    }

    /// <summary>Tries the graph, and notes how far it is from its network.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: what is wrong with the graph.</exception>
    public static ModelManifest Try(ReadOnlyMemory<byte> onnx, ModelManifest manifest, TrainedModel model, CancellationToken cancel)
    {
        var shape = new ServingGraphShape(manifest.FeatureLength, manifest.Heads.Count, manifest.Classes.Count, ModelSession.RowsOf(manifest));
        var difference = ServingGraphTrial.Run(onnx, shape, Read(model.ParityFeatures), Read(model.ParityProbabilities), TrialTime, cancel);
        return manifest with { ParityMaxDifference = difference };
    }

    private static float[] Read(Tensor tensor)
    {
        var values = new float[tensor.Shape[0] * tensor.Shape[1]];
        TensorReader.Read(tensor, values);
        return values;
    }

    private static ModelHead Head(WireHead head) => new(
        head.LabelerId.Length > 0 ? head.LabelerId : null, (int)head.AnnotationCount, head.Weight, head.EstimatedAccuracy,
        head.HasWeightLower ? head.WeightLower : null, head.HasWeightUpper ? head.WeightUpper : null);

    private static void CheckHeads(TrainedModel model, RequestValidator validator)
    {
        if (!validator.Require(model.Heads.Count is >= 1 and <= MostHeads, "model.heads", $"must be 1 to {MostHeads} heads"))
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < model.Heads.Count && !validator.IsFull; i++)
        {
            var (head, field) = (model.Heads[i], $"model.heads[{i}]");
            if (head.LabelerId.Length == 0)
            {
                validator.Require(i == model.Heads.Count - 1, $"{field}.labeler_id", "must be set: only the last head can be nobody's");
            }
            else if (validator.ExternalId(head.LabelerId, $"{field}.labeler_id"))
            {
                validator.Require(seen.Add(head.LabelerId), $"{field}.labeler_id", "has a head already");
            }

            validator.Require(head.AnnotationCount is >= 0 and <= int.MaxValue, $"{field}.annotation_count", "must not be negative");
            validator.Require(IsShare(head.Weight), $"{field}.weight", "must be from 0 to 1");
            validator.Require(IsShare(head.EstimatedAccuracy), $"{field}.estimated_accuracy", "must be from 0 to 1");
            validator.Require(!head.HasWeightLower || IsShare(head.WeightLower), $"{field}.weight_lower", "must be from 0 to 1");
            validator.Require(!head.HasWeightUpper || IsShare(head.WeightUpper), $"{field}.weight_upper", "must be from 0 to 1");
        }
    }

    private static void CheckMetrics(TrainedModel model, RequestValidator validator)
    {
        for (var i = 0; i < model.Metrics.Count && !validator.IsFull; i++)
        {
            var (metric, field) = (model.Metrics[i], $"model.metrics[{i}]");
            validator.Require(metric.Metric_.Length > 0, $"{field}.metric", "must be set");
            validator.Text(metric.Metric_, $"{field}.metric");
            validator.Require(metric.Split is "train" or "validation" or "test", $"{field}.split", "must be train, validation or test");
            validator.Require(metric.Count is >= 0 and <= int.MaxValue, $"{field}.count", "must not be negative");
            validator.Require(
                double.IsFinite(metric.Value) && double.IsFinite(metric.Lower) && double.IsFinite(metric.Upper), $"{field}.value", "must be finite");
        }
    }

    private static void CheckSettings(TrainedModel model, RequestValidator validator)
    {
        validator.Require(model.Settings.Count <= MostSettings, "model.settings", $"has {model.Settings.Count} entries; {MostSettings} are the most");
        foreach (var (key, value) in model.Settings)
        {
            if (validator.IsFull)
            {
                return;
            }

            validator.ExternalId(key, $"model.settings[{key}]");
            validator.Text(value, $"model.settings[{key}]");
        }
    }

    private async Task CheckLabelersAsync(DatasetRecord dataset, TrainedModel model, CancellationToken cancel)
    {
        var known = await labelers.ExistingAsync(dataset, [.. model.Heads.Select(head => head.LabelerId).Where(id => id.Length > 0)], cancel);
        var validator = new RequestValidator();
        for (var i = 0; i < model.Heads.Count && !validator.IsFull; i++)
        {
            var id = model.Heads[i].LabelerId;
            validator.Require(id.Length == 0 || known.Contains(id), $"model.heads[{i}].labeler_id", "is no labeler of the dataset");
        }

        validator.ThrowIfInvalid();
    }

    // What is no number is in no range.
    private static bool IsShare(double value) => value is >= 0 and <= 1;
}
