using System.Globalization;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Learning;
using LabelerService.Storage;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Crowds;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Benchmarks.Predict;

/// <summary>
/// Models of LabelMe's shape (512 features, 8 classes, a hidden layer of 128, a head for each labeler and the shared one, distilled too),
/// trained for a moment on a simulated crowd and published as a trainer publishes them.
/// </summary>
internal sealed class PredictModels(string connectionString, TimeProvider time) : IAsyncDisposable
{
    public const int FeatureLength = 512;
    public const int ClassCount = 8;
    private const string ModelId = "wdn";
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    private readonly ServiceProvider _storage = new ServiceCollection().AddLogging().AddLabelerStorage(connectionString).BuildServiceProvider();

    /// <summary>Trains a model.</summary>
    /// <param name="labelers">Labelers, and hence heads but one.</param>
    /// <param name="seed">Models of different seeds give different answers.</param>
    /// <param name="distil">Whether it has the distilled head.</param>
    /// <param name="cancel">Cancels.</param>
    public TrainedModel Train(int labelers, int seed, bool distil, CancellationToken cancel)
    {
        var world = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Seed = seed,
            Items = 400,
            Dimensions = FeatureLength,
            Classes = ClassCount,
            LabelsPerItem = 0,
            ValidationShare = 0,
            TestShare = 0,
        });
        var features = world.Snapshot.Features.Load();
        var crowd = CrowdSimulation.Run(world.Truth, features, ClassCount, new CrowdSimulationOptions
        {
            Seed = seed,
            LabelsPerItem = Math.Max(4, labelers / 100),
            Labelers = [new(LabelerKind.Expert, labelers / 4), new(LabelerKind.Average, labelers - (labelers / 4))],
        });
        using var snapshot = SnapshotBuilder.Vectors(
            "bench", ClassCount, features, [.. world.Truth.Select(_ => Split.Train)], [.. world.Truth.Select(_ => -1)], null, crowd.Annotations);
        var settings = AlgorithmCatalogue.Validate("wdn", new Dictionary<string, string>
        {
            ["epochs"] = "2",
            ["averaging_epochs"] = "1",
            ["weight_resamples"] = "0",
            ["bootstrap_resamples"] = "0",
            ["backbone"] = "mlp",
            ["hidden"] = "128",
            ["min_annotations"] = "1",
            ["distil"] = distil ? "on" : "off",
        });
        return new ModelTrainer(time, "bench").Train(snapshot, settings, seed, null, cancel);
    }

    /// <summary>Publishes a model as the next version of the dataset's one model.</summary>
    /// <returns>The version's resource name.</returns>
    public async Task<string> PublishAsync(string datasetId, TrainedModel model, CancellationToken cancel)
    {
        var dataset = await _storage.GetRequiredService<DatasetStore>().GetAsync(datasetId, cancel);
        var runs = _storage.GetRequiredService<RunStore>();
        var runId = string.Create(CultureInfo.InvariantCulture, $"run-{Guid.NewGuid():N}");
        await runs.CreateAsync(dataset, new RunWrite(runId, "wdn", ModelId, 1, new Dictionary<string, string>(), 0), null, cancel);
        var lease = await runs.TryClaimAsync("bench", Lease, cancel) ?? throw new IOException("The run that was to publish a model was taken by somebody else.");
        ModelVersionRecord version = await runs.PublishAsync(lease, model.Onnx, model.Manifest, cancel);
        return $"datasets/{datasetId}/models/{ModelId}/versions/{version.Version}";
    }

    public ValueTask DisposeAsync() => _storage.DisposeAsync();
}
