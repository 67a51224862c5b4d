using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Server.Cards;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using ModelHead = LabelerService.Core.Models.ModelHead;

namespace LabelerService.Server.Tests.Cards;

/// <summary>Versions to write cards of.</summary>
internal static class SomeCards
{
    public static ModelManifest Manifest(IReadOnlyList<string>? classes = null, IReadOnlyList<ModelHead>? heads = null) => new()
    {
        Algorithm = "wdn",
        Classes = classes ?? ["coast", "forest", "street"],
        FeatureLength = 4,
        Heads = heads ?? [new ModelHead("anna", 300, 0.25, 0.8, 0.2, 0.3), new ModelHead("ben", 200, 0.65, 0.9, 0.6, 0.7), new ModelHead(null, 500, 0.1, 0.7)],
        Settings = new Dictionary<string, string> { ["epochs"] = "50", ["backbone"] = "mlp" },
        Seed = 7,
        SnapshotId = new string('a', 64),
        CodeVersion = "1.2.3",
        AnnotationCount = 500,
        Metrics =
        [
            new ModelMetric("test", "accuracy", 0.875, 400, 0.84, 0.9), new ModelMetric("test", "ece", 0.03, 400, 0.02, 0.05),
            new ModelMetric("train", "held_out_log_likelihood", -0.51, 50),
        ],
        ParityMaxDifference = 6e-8,
        TrainingSeconds = 12.5,
        Data = new ModelDataSummary
        {
            ItemCount = 1000,
            TrainItemCount = 500,
            ValidationItemCount = 100,
            TestItemCount = 400,
            GoldItemCount = 500,
            AnnotatedItemCount = 250,
            AnnotationCount = 500,
            LabelerCount = 2,
            ClassAnnotationCounts = [.. Enumerable.Repeat(100L, (classes?.Count ?? 3) - 1), 300L],
            AnnotationsPerItem = new CountSpread(1, 2, 3),
            AnnotationsPerLabeler = new CountSpread(200, 250, 300),
        },
    };

    public static ModelCard Card(ModelManifest? manifest = null, string datasetName = "", string displayName = "", string description = "")
    {
        manifest ??= Manifest();
        var dataset = new DatasetRecord
        {
            Key = 1,
            Id = "scenes",
            Uid = Guid.Empty,
            DisplayName = datasetName,
            Schema = new DatasetSchema(manifest.Classes, LabelKind.MultiClass, ItemKind.Vector, [4]),
            Tags = new Dictionary<string, string>(),
            CreateTime = DateTimeOffset.UnixEpoch,
            UpdateTime = DateTimeOffset.UnixEpoch,
            Version = 1,
            Quota = new DatasetQuota(),
        };
        var model = new ModelRecord(
            "wdn", 3, new Dictionary<string, int> { ["champion"] = 3, ["blue"] = 3, ["old"] = 1 }, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch)
        {
            DisplayName = displayName,
            Description = description,
        };
        var version = new ModelVersionRecord(
            "wdn", 3, new string('b', 64), 1234, manifest, "r-1", ModelVersionState.Ready, DateTimeOffset.UnixEpoch)
        { ChampionVersion = 1 };
        return ModelCardBuilder.Build(dataset, model, version);
    }
}
