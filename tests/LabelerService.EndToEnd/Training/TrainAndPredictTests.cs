using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Training;

/// <summary>Ingest, train, predict, over the real API with the real trainer.</summary>
[Collection(SharedService.Name)]
public sealed class TrainAndPredictTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_model_trained_on_simulated_labelers_predicts_and_says_who_said_what()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var events = new List<TrainingRunEvent>();
        var run = await TrainAsync(_service, crowd.Dataset, "wdn", events);
        Assert.Equal(TrainingRun.Types.State.Succeeded, run.State);

        // Events are numbered without a gap, show progress of both phases and end with the final state.
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(happened => happened.Sequence));
        Assert.Contains(events, happened => happened.Progress is { Epoch: > 0, Epochs: > 0 });
        Assert.Equal(TrainingRun.Types.State.Succeeded, events[^1].State);

        var evaluation = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = run.ModelVersion });
        var accuracy = evaluation.Metrics.Single(metric => metric.Metric_ == "accuracy");
        Assert.InRange(accuracy.Value, 0.9, 1);
        Assert.InRange(accuracy.Lower, 0, accuracy.Value);
        Assert.InRange(accuracy.Upper, accuracy.Value, 1);
        Assert.Equal(accuracy.Count, evaluation.Confusion.Sum());

        var single = await _service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = crowd.Dataset,
            Model = new ModelSelector { Model = run.ModelVersion },
            ItemId = crowd.TestItem,
            IncludeLabelers = true,
        });
        var prediction = single.Prediction;
        Assert.Equal(1, prediction.Probabilities.Sum(), 1e-4);
        Assert.Equal(1, prediction.Labelers.Sum(labeler => labeler.Weight), 1e-4);

        // A head for each labeler, and the shared one for labelers who have none.
        var labelers = Enumerable.Range(0, SimulatedDataset.Labelers).Select(labeler => $"labeler{labeler}");
        Assert.Equal([.. labelers, ""], prediction.Labelers.Select(labeler => labeler.LabelerId).OrderBy(id => id.Length == 0).ThenBy(id => id, StringComparer.Ordinal));

        // The ensemble is the weighted sum of what the labelers' heads say.
        for (var k = 0; k < prediction.Probabilities.Count; k++)
        {
            Assert.Equal(prediction.Labelers.Sum(labeler => labeler.Weight * labeler.Probabilities[k]), prediction.Probabilities[k], 1e-4);
        }

        var batch = await _service.Predictions.BatchPredictAsync(new BatchPredictRequest
        {
            Dataset = crowd.Dataset,
            Model = new ModelSelector { Model = run.ModelVersion },
            Items = new ItemIds { ItemIds_ = { crowd.TestItem, crowd.TestItem } },
            Outputs = { PredictionOutput.LabelerWeights, PredictionOutput.LabelerProbabilities },
        });
        Assert.Equal([prediction.PredictedClassIndex, prediction.PredictedClassIndex], batch.Predictions.PredictedClassIndexes);
        Assert.Equal([2L, SimulatedDataset.Labelers + 1, 2], batch.Predictions.LabelerProbabilities.Shape);
        Assert.Equal("", batch.Predictions.LabelerIds[^1]);
        Assert.Equal(prediction.Entropy, batch.Predictions.Entropies[1], 1e-5);

        await Refusals(crowd, run.ModelVersion);
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "distilled", async () => await _service.Predictions.PredictAsync(
            new PredictRequest
            {
                Dataset = crowd.Dataset,
                Model = new ModelSelector { Model = run.ModelVersion },
                ItemId = crowd.TestItem,
                Distilled = true,
            }));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_artefact()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var first = await TrainAsync(_service, crowd.Dataset, "dn");
        var second = await TrainAsync(_service, crowd.Dataset, "dn");
        Assert.NotEqual(first.ModelVersion, second.ModelVersion);
        var a = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = first.ModelVersion });
        var b = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = second.ModelVersion });
        Assert.Equal(a.ArtefactSha256, b.ArtefactSha256);
        Assert.Equal(a.SnapshotId, b.SnapshotId);
        Assert.InRange(a.ParityMaxDifference, 0, 1e-5);

        // The first version stays champion until somebody moves the alias.
        var model = await _service.Models.GetModelAsync(new GetModelRequest { Name = crowd.Dataset + "/models/dn" });
        Assert.Equal(second.ModelVersion, model.LatestVersion);
        Assert.Equal(first.ModelVersion, model.Aliases.Single(alias => alias.Alias == "champion").Version);
        var moved = await _service.Models.SetModelAliasAsync(new SetModelAliasRequest
        {
            Name = model.Name,
            Alias = new ModelAlias { Alias = "champion", Version = second.ModelVersion, Etag = model.Aliases[0].Etag },
        });
        Assert.Equal(second.ModelVersion, moved.Aliases.Single().Version);
        await Requests.RefusedAsync(StatusCode.Aborted, "etag", async () => await _service.Models.SetModelAliasAsync(new SetModelAliasRequest
        {
            Name = model.Name,
            Alias = new ModelAlias { Alias = "champion", Version = first.ModelVersion, Etag = model.Aliases[0].Etag },
        }));
    }

    [Fact]
    public async Task A_running_run_is_cancelled_within_seconds_and_publishes_nothing()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var run = await StartAsync(_service, crowd.Dataset, "wdn", ("epochs", "100000"), ("patience", "0"));
        using var watch = _service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = run.Name });
        while (await watch.ResponseStream.MoveNext(CancellationToken.None) && watch.ResponseStream.Current.Progress is null)
        {
            // Until it makes progress.
        }

        await _service.Training.CancelTrainingRunAsync(new CancelTrainingRunRequest { Name = run.Name });
        var last = watch.ResponseStream.Current;
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            last = watch.ResponseStream.Current;
        }

        Assert.Equal(TrainingRun.Types.State.Cancelled, last.State);
        var models = await _service.Models.ListModelsAsync(new ListModelsRequest { Parent = crowd.Dataset });
        Assert.Empty(models.Models);
    }

    [Fact]
    public async Task Training_without_annotations_is_refused()
    {
        var dataset = await _service.CreateDatasetAsync();
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "parent", () => StartAsync(_service, dataset, "wdn"));
        var runs = await _service.Training.ListTrainingRunsAsync(new ListTrainingRunsRequest { Parent = dataset });
        Assert.Empty(runs.TrainingRuns);
    }

    [Fact]
    public async Task Unknown_algorithms_and_settings_are_refused()
    {
        var dataset = await _service.CreateDatasetAsync();
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "training_run.algorithm", () => StartAsync(_service, dataset, "oracle"));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "training_run.settings[epochs]", () => StartAsync(_service, dataset, "wdn", ("epochs", "many")));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "training_run.settings[magic]", () => StartAsync(_service, dataset, "wdn", ("magic", "1")));
    }

    internal static Task<TrainingRun> StartAsync(
        RunningService service, string dataset, string algorithm, params (string Key, string Value)[] settings)
    {
        var run = new TrainingRun { Algorithm = algorithm, Seed = 1 };
        foreach (var (key, value) in settings)
        {
            run.Settings.Add(key, value);
        }

        return service.Training.CreateTrainingRunAsync(new CreateTrainingRunRequest { Parent = dataset, TrainingRun = run }).ResponseAsync;
    }

    internal static async Task<TrainingRun> TrainAsync(
        RunningService service, string dataset, string algorithm, List<TrainingRunEvent>? events = null)
    {
        var run = await StartAsync(service, dataset, algorithm, ("epochs", "20"), ("hidden", "16"));
        return await WatchToEndAsync(service, run, events);
    }

    internal static async Task<TrainingRun> WatchToEndAsync(RunningService service, TrainingRun run, List<TrainingRunEvent>? events = null)
    {
        using var watch = service.Training.WatchTrainingRun(
            new WatchTrainingRunRequest { Name = run.Name }, deadline: DateTime.UtcNow.AddMinutes(8));
        await foreach (var happened in watch.ResponseStream.ReadAllAsync())
        {
            events?.Add(happened);
        }

        return await service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = run.Name });
    }

    private async Task Refusals(SimulatedDataset crowd, string version)
    {
        var other = await _service.CreateDatasetAsync(SimulatedDataset.Length);
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "model.model", () => PredictAsync(other, version, new float[SimulatedDataset.Length]));
        await Requests.RefusedAsync(StatusCode.NotFound, "model.model", () => PredictAsync(crowd.Dataset, crowd.Dataset + "/models/none", new float[SimulatedDataset.Length]));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "features.values", () => PredictAsync(crowd.Dataset, version, new float[3]));
        var values = new float[SimulatedDataset.Length];
        values[2] = float.NaN;
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "features.values[2]", () => PredictAsync(crowd.Dataset, version, values));
        await Requests.RefusedAsync(StatusCode.NotFound, "item_id", async () => await _service.Predictions.PredictAsync(
            new PredictRequest { Dataset = crowd.Dataset, Model = new ModelSelector { Model = version }, ItemId = "nobody" }));
    }

    private async Task PredictAsync(string dataset, string model, float[] values) => await _service.Predictions.PredictAsync(new PredictRequest
    {
        Dataset = dataset,
        Model = new ModelSelector { Model = model },
        Features = new FeatureVector { Values = { values } },
    });
}
