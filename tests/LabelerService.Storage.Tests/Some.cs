using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests;

/// <summary>Things that tests need some of.</summary>
internal static class Some
{
    private static int _datasets;

    /// <summary>Texts that have broken parsers, encoders, SQL, JSON, CSV or terminals somewhere.</summary>
    public static readonly string[] HostileTexts =
    [
        "'; DROP TABLE datasets; --", "\"", "\\", "$1", "{}", "[1]", "null", "%s%n", "a\tb\nc\rd", "\u0001\u001f\u007f", "../../etc/passwd",
        "C:\\x", "é", "e\u0301", "日本語", "🧪👩‍🔬", "\u202eabc", "\ufeff", " lead and trail ", "<img src=x onerror=alert(1)>", "=1+1",
        "\ud83d\ude00", new string('x', 256), new string('é', 128),
    ];

    public static DatasetSchema Schema(int classes = 3, int features = 2) => new(
        [.. Enumerable.Range(0, classes).Select(k => $"class-{k}")], LabelKind.MultiClass, ItemKind.Vector, [features]);

    public static Task<DatasetRecord> DatasetAsync(PostgresFixture database, int classes = 3, int features = 2) =>
        database.Get<DatasetStore>().CreateAsync(
            new DatasetWrite($"dataset-{Interlocked.Increment(ref _datasets)}", Schema(classes, features)), null, default);

    public static async Task<DatasetRecord> DatasetAsync(PostgresFixture database, int items, int labelers, int classes = 3)
    {
        var dataset = await DatasetAsync(database, classes: classes);
        await database.Get<ItemStore>().UpsertAsync(dataset, [.. Enumerable.Range(0, items).Select(i => Item($"i{i}"))], null, default);
        await database.Get<LabelerStore>().RegisterAsync(
            dataset, [.. Enumerable.Range(0, labelers).Select(r => new LabelerWrite($"l{r}"))], null, default);
        return dataset;
    }

    public static ItemWrite Item(string id, Split split = Split.Train, int? gold = null, params float[] features) =>
        new(id, split, FeaturePacking.Pack(features.Length == 0 ? [1, 2] : features), FeatureEncoding.Float32, gold);

    public static AnnotationWrite Annotation(int item, int labeler, int classIndex) => new($"i{item}", $"l{labeler}", classIndex);

    /// <summary>Takes an annotation back.</summary>
    public static Task<AnnotationWriteResult> RetractAsync(
        this AnnotationStore store, DatasetRecord dataset, string itemId, string labelerId, RequestIdentity? request, CancellationToken cancel) =>
        store.WriteAsync(dataset, [AnnotationWrite.Retraction(itemId, labelerId)], UnknownLabelers.Reject, request, cancel);

    public static RequestIdentity Request(string body = "body", Guid? id = null) =>
        RequestIdentity.ForBody(id ?? Guid.NewGuid(), "test.Method", System.Text.Encoding.UTF8.GetBytes(body));

    public static RunWrite Run(string id, int priority = 0, string model = "model") =>
        new(id, "wdn", model, 1, new Dictionary<string, string> { ["epochs"] = "5" }, priority);

    public static ModelManifest Manifest() => new()
    {
        Algorithm = "wdn",
        Classes = ["a", "b"],
        FeatureLength = 2,
        Heads = [new ModelHead("l0", 3, 0.5, 0.9), new ModelHead(null, 0, 0.5, 0.25)],
        Settings = new Dictionary<string, string> { ["epochs"] = "5" },
        Seed = 7,
        SnapshotId = "abc",
        CodeVersion = "1",
        AnnotationCount = 3,
        Metrics = [new ModelMetric("test", "accuracy", 0.8125, 16)],
        ParityMaxDifference = 6e-8,
        TrainingSeconds = 1.5,
    };

    public static async Task<ServiceException> FailsAsync(ErrorKind kind, Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<ServiceException>(action);
        Assert.Equal(kind, exception.Kind);
        return exception;
    }

    public static async Task<ServiceException> FailsAsync(ErrorKind kind, string field, Func<Task> action)
    {
        var exception = await FailsAsync(kind, action);
        Assert.Contains(field, exception.Violations.Select(violation => violation.Field));
        return exception;
    }
}
