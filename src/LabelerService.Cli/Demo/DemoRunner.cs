using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Demo;

/// <summary>The main job on real data through the API of a running service: ingest, train, evaluate, predict.</summary>
internal sealed class DemoRunner(ServiceConnection service, Terminal terminal, TimeProvider time)
{
    private const int ExamplePredictions = 5;
    private const int VoicesShown = 3;
    private const int DissentersShown = 2;

    private static readonly string[] Algorithms = ["bn", "dn", "wdn"];
    private static readonly string Parent = ResourceName.Dataset(DemoSample.DatasetId);

    /// <summary>Goes through all of it.</summary>
    /// <param name="sample">What to ingest.</param>
    /// <param name="seeds">Seeds, each of which trains every algorithm.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<DemoResult> RunAsync(DemoSample sample, IReadOnlyList<long> seeds, CancellationToken cancellationToken) =>
        ProgressBoard.RunAsync(terminal, time, async board =>
        {
            var ingest = board.Add("ingest");
            var dataset = await sample.ImportAsync(service, ingest, cancellationToken);
            var counts = dataset.Counts;
            ingest.Finish($"{counts.Items:N0} items, {counts.Annotations:N0} annotations by {counts.Labelers} labelers committed");

            var models = await TrainAsync(board, seeds, cancellationToken);
            var shown = models.First(model => model.Algorithm == Algorithms[^1] && model.Seed == seeds[0]);
            var predictions = await PredictAsync(shown.Version, (int)counts.TestItems, cancellationToken);
            return new DemoResult(
                DemoSample.DatasetId, counts.Items, counts.Annotations, counts.Labelers, models, predictions);
        });

    private async Task<IReadOnlyList<DemoModel>> TrainAsync(ProgressBoard board, IReadOnlyList<long> seeds, CancellationToken cancellationToken)
    {
        // All runs are queued at once: they wait in the service, not here.
        var waiting = new List<Task<DemoModel>>();
        foreach (var seed in seeds)
        {
            foreach (var algorithm in Algorithms)
            {
                var run = await service.Training.CreateTrainingRunAsync(
                    new CreateTrainingRunRequest
                    {
                        Parent = Parent,
                        TrainingRun = new TrainingRun { Algorithm = algorithm, Seed = seed },
                        RequestId = ServiceConnection.NewRequestId(),
                    },
                    cancellationToken: cancellationToken);
                var item = board.Add(seeds.Count == 1 ? $"train {algorithm}" : $"train {algorithm}, seed {seed}");
                waiting.Add(FollowAsync(run, item, cancellationToken));
            }
        }

        return await Task.WhenAll(waiting);
    }

    private async Task<DemoModel> FollowAsync(TrainingRun run, ProgressItem item, CancellationToken cancellationToken)
    {
        var progress = new RunProgress(item);
        var ended = await new TrainingWatcher(service, time).WaitAsync(run.Name, progress.Show, item.Interrupted, cancellationToken);
        if (ended.State != TrainingRun.Types.State.Succeeded)
        {
            throw new CommandException($"training {run.Algorithm} {RunText.State(ended.State)}: {ended.FailureMessage}");
        }

        var version = await service.Models.GetModelVersionAsync(
            new GetModelVersionRequest { Name = ended.ModelVersion }, cancellationToken: cancellationToken);
        var evaluation = await service.Models.EvaluateModelAsync(
            new EvaluateModelRequest { Name = ended.ModelVersion, Split = Split.Test }, cancellationToken: cancellationToken);
        var model = new DemoModel(
            run.Algorithm, run.Seed, version.Name, Find(evaluation, "accuracy"), Find(evaluation, "log_loss"), Find(evaluation, "ece"),
            version.TrainingSeconds);
        item.Finish($"test accuracy {model.Accuracy.Value:0.000} after {model.Seconds:0.0} s of training");
        return model;
    }

    private async Task<IReadOnlyList<DemoPrediction>> PredictAsync(string version, int testItems, CancellationToken cancellationToken)
    {
        var predictions = new List<DemoPrediction>();
        for (var i = 0; i < ExamplePredictions; i++)
        {
            // Spread over the test split.
            var key = $"test-{i * testItems / ExamplePredictions}";
            var answer = await service.Predictions.PredictAsync(
                new PredictRequest
                {
                    Dataset = Parent,
                    Model = new ModelSelector { Model = version },
                    ItemId = key,
                    IncludeLabelers = true,
                },
                cancellationToken: cancellationToken);
            var stored = await service.Items.ListItemsAsync(
                new ListItemsRequest { Parent = Parent, ItemId = key }, cancellationToken: cancellationToken);
            predictions.Add(Describe(key, stored.Items.Count == 1 ? stored.Items[0].GoldClass : "", answer));
        }

        return predictions;
    }

    private static DemoPrediction Describe(string key, string gold, PredictResponse answer)
    {
        var prediction = answer.Prediction;
        var voices = prediction.Labelers.OrderByDescending(labeler => labeler.Weight).Select(labeler =>
        {
            var says = 0;
            for (var k = 1; k < labeler.Probabilities.Count; k++)
            {
                says = labeler.Probabilities[k] > labeler.Probabilities[says] ? k : says;
            }

            return new DemoVoice(labeler.LabelerId.Length == 0 ? "shared head" : labeler.LabelerId, labeler.Weight, answer.Classes[says], labeler.Probabilities[says]);
        }).ToArray();
        return new DemoPrediction(
            key, gold, prediction.PredictedClass, prediction.Probabilities[prediction.PredictedClassIndex], prediction.Entropy,
            prediction.Disagreement, [.. voices.Take(VoicesShown)],
            [.. voices.Where(voice => voice.Says != prediction.PredictedClass).Take(DissentersShown)],
            voices.Where(voice => voice.Says != prediction.PredictedClass).Sum(voice => voice.Weight));
    }

    private static Measured Find(EvaluateModelResponse evaluation, string metric)
    {
        var found = evaluation.Metrics.FirstOrDefault(candidate => candidate.Metric_ == metric)
            ?? throw new CommandException($"the service measured no {metric}: is it as new as this command?");
        return new Measured(found.Value, found.HasLower ? found.Lower : null, found.HasUpper ? found.Upper : null);
    }
}
