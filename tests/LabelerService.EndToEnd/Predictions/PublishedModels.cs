using LabelerService.Core.Models;
using LabelerService.Learning;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>Small models that were trained in the test's process and published as a trainer publishes them.</summary>
internal sealed class PublishedModels(PostgresFixture database)
{
    public const int Length = 8;
    public const int Classes = 3;
    public const int Labelers = 4;
    private static readonly Dictionary<(string Algorithm, int Seed), TrainedModel> Trained = [];
    private static int _datasets;

    public ModelStore Store => database.Get<ModelStore>();

    /// <summary>A dataset with the models' labelers, and <c>newcomer</c>, who has no head.</summary>
    public async Task<DatasetRecord> CreateDatasetAsync()
    {
        var dataset = await database.Get<DatasetStore>().CreateAsync(
            new DatasetWrite($"predictions-{Interlocked.Increment(ref _datasets)}-{Guid.NewGuid():N}"[..32], Train("wdn", 1).Schema), null, default);
        string[] labelers = [.. Train("wdn", 1).Model.Manifest.Heads.Select(head => head.LabelerId).OfType<string>(), "newcomer"];
        await database.Get<LabelerStore>().RegisterAsync(dataset, [.. labelers.Select(id => new LabelerWrite(id))], null, default);
        return dataset;
    }

    /// <summary>Publishes the next version of a model; models of different seeds give different answers.</summary>
    public async Task<TrainedModel> PublishAsync(DatasetRecord dataset, int seed, string algorithm = "wdn")
    {
        var model = Train(algorithm, seed).Model;
        var runs = database.Get<RunStore>();
        var runId = $"r{Guid.NewGuid():N}";
        await runs.CreateAsync(dataset, new RunWrite(runId, algorithm, algorithm, seed, new Dictionary<string, string>()), null, default);
        var lease = await runs.TryClaimAsync("test", TimeSpan.FromMinutes(5), default);
        Assert.Equal(runId, lease!.Run.RunId);
        await runs.PublishAsync(lease, model.Onnx, model.Manifest, default);
        return model;
    }

    /// <summary>What a model says of items by itself.</summary>
    public static float[] Expected(TrainedModel model, float[] features, string output = ServingGraph.Probabilities)
    {
        using var session = new InferenceSession(model.Onnx);
        using var input = OrtValue.CreateTensorValueFromMemory(features, [features.Length / Length, Length]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, [ServingGraph.Features], [input], [output]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public static float[] Features(int rows, int seed = 5)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * Length).Select(_ => (float)((random.NextDouble() * 4) - 2))];
    }

    private static (TrainedModel Model, Core.Datasets.DatasetSchema Schema) Train(string algorithm, int seed)
    {
        lock (Trained)
        {
            var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
            {
                Seed = seed,
                Items = 60,
                Dimensions = Length,
                Classes = Classes,
                Accuracies = [.. Enumerable.Range(0, Labelers).Select(labeler => 0.9 - (0.1 * labeler))],
            });
            if (!Trained.TryGetValue((algorithm, seed), out var model))
            {
                var settings = new Dictionary<string, string> { ["bootstrap_resamples"] = "0" };
                if (algorithm == "wdn")
                {
                    settings["epochs"] = "5";
                    settings["min_annotations"] = "1";
                    settings["weight_resamples"] = "0";
                    settings["distil"] = "on";
                }

                model = new ModelTrainer(TimeProvider.System, "test").Train(
                    crowd.Snapshot, AlgorithmCatalogue.Validate(algorithm, settings), seed, null, default);
                Trained[(algorithm, seed)] = model;
            }

            return (model, crowd.Schema);
        }
    }
}
