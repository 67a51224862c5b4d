using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Tests.Data;

/// <summary>Hand-made snapshots, changes to snapshots, and a short way to train.</summary>
internal static class Snapshots
{
    public static readonly ModelTrainer Trainer = new(TimeProvider.System, "test");

    /// <summary>Two features, two classes, one training item a row.</summary>
    public static TrainingSnapshot Tiny(float[] features, int labelers, params ReadOnlySpan<(int Item, int Labeler, int Class)> annotations)
    {
        var items = features.Length / 2;
        var marks = annotations.ToArray();
        return new TrainingSnapshot
        {
            Dataset = "tiny",
            SnapshotId = "tiny",
            Schema = new DatasetSchema(["no", "yes"], LabelKind.Binary, ItemKind.Vector, [2]),
            ItemIds = [.. Enumerable.Range(0, items).Select(n => $"item-{n}")],
            Features = features,
            Splits = [.. Enumerable.Repeat(Split.Train, items)],
            Gold = [.. Enumerable.Repeat(-1, items)],
            LabelerIds = [.. Enumerable.Range(0, labelers).Select(r => $"labeler-{r}")],
            Annotations = new AnnotationTable(
                items, labelers, 2, [.. marks.Select(m => m.Item)], [.. marks.Select(m => m.Labeler)], [.. marks.Select(m => m.Class)]),
        };
    }

    /// <summary>The same data with other parts.</summary>
    public static TrainingSnapshot With(
        this TrainingSnapshot snapshot, Split[]? splits = null, int[]? gold = null, string[]? labelerIds = null,
        AnnotationTable? annotations = null, DatasetSchema? schema = null) => new()
        {
            Dataset = snapshot.Dataset,
            SnapshotId = snapshot.SnapshotId,
            Schema = schema ?? snapshot.Schema,
            ItemIds = snapshot.ItemIds,
            Features = snapshot.Features,
            Splits = splits ?? snapshot.Splits,
            Gold = gold ?? snapshot.Gold,
            LabelerIds = labelerIds ?? snapshot.LabelerIds,
            Annotations = annotations ?? snapshot.Annotations,
        };

    /// <summary>The same data with other features.</summary>
    public static TrainingSnapshot WithFeatures(this TrainingSnapshot snapshot, FeatureMatrix features) => new()
    {
        Dataset = snapshot.Dataset,
        SnapshotId = snapshot.SnapshotId,
        Schema = snapshot.Schema,
        Encoding = snapshot.Encoding,
        ItemIds = snapshot.ItemIds,
        Features = features,
        Splits = snapshot.Splits,
        Gold = snapshot.Gold,
        LabelerIds = snapshot.LabelerIds,
        Annotations = snapshot.Annotations,
    };

    /// <summary>No gold anywhere.</summary>
    public static TrainingSnapshot WithoutGold(this TrainingSnapshot snapshot) =>
        snapshot.With(gold: [.. snapshot.Gold.Select(_ => -1)]);

    /// <summary>Trains with settings written as <c>key=value</c>.</summary>
    public static TrainedModel Train(this TrainingSnapshot snapshot, string algorithm, long seed = 1, params ReadOnlySpan<string> settings) =>
        Trainer.Train(snapshot, Settings(algorithm, settings), seed, null, CancellationToken.None);

    public static TrainingSettings Settings(string algorithm, params ReadOnlySpan<string> settings)
    {
        var map = new Dictionary<string, string> { ["bootstrap_resamples"] = "0" };
        foreach (var setting in settings)
        {
            var at = setting.IndexOf('=', StringComparison.Ordinal);
            map[setting[..at]] = setting[(at + 1)..];
        }

        return AlgorithmCatalogue.Validate(algorithm, map);
    }

    public static double Metric(this TrainedModel model, string split, string name) =>
        model.Manifest.Metrics.Single(metric => metric.Split == split && metric.Name == name).Value;
}
