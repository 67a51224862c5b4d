using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Items;
using LabelerService.EndToEnd.Predictions;

namespace LabelerService.EndToEnd.Training;

/// <summary>A dataset of texts or sequences with labelers, and a model of it; and what is to hold of predictions whatever the items are.</summary>
internal sealed class KindModel
{
    public const int Train = 120;
    public const int Test = 40;
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly RunningService _service;

    private KindModel(RunningService service, string dataset, ModelVersion version) => (_service, Dataset, Version) = (service, dataset, version);

    public string Dataset { get; }

    public ModelVersion Version { get; }

    public ModelSelector Model => new() { Model = Version.Name };

    /// <summary>Id of a test item.</summary>
    public static string TestItem(int i) => $"i{Train + i}";

    /// <summary>Stores items, has them labelled by three labelers who err in one of eight, and trains.</summary>
    /// <param name="service">The service.</param>
    /// <param name="type">What the items are.</param>
    /// <param name="classes">Classes of the items, training items first.</param>
    /// <param name="contents">Contents of the items from one index to another.</param>
    /// <param name="settings">Settings of the training.</param>
    public static async Task<KindModel> TrainAsync(
        RunningService service, ItemType type, int[] classes, Func<int, int, ItemBatch> contents, params (string Key, string Value)[] settings)
    {
        var dataset = await KindDatasets.CreateAsync(service, type);
        foreach (var (from, to, split) in ((int, int, Split)[])[(0, Train, Split.Train), (Train, Train + Test, Split.Test)])
        {
            var batch = contents(from, to);
            batch.ItemIds.Add(Enumerable.Range(from, to - from).Select(i => $"i{i}"));
            batch.Split = split;
            if (split == Split.Test)
            {
                batch.GoldClasses.Add(classes[from..to].Select(k => Names[k]));
            }

            await service.StoreAsync(dataset, batch);
        }

        var random = new Random(3);
        await service.AnnotateAsync(dataset, [.. Enumerable.Range(0, Train).SelectMany(i => Enumerable.Range(0, 3).Select(labeler =>
            Requests.Says($"l{labeler}", $"i{i}", Names[random.NextDouble() < 0.8 ? classes[i] : random.Next(3)])))]);
        var run = await TrainAndPredictTests.WatchToEndAsync(
            service, await TrainAndPredictTests.StartAsync(service, dataset, "wdn", [("min_annotations", "1"), ("weight_resamples", "0"), .. settings]));
        Assert.True(run.State == TrainingRun.Types.State.Succeeded, run.ToString());
        return new KindModel(service, dataset, await service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = run.ModelVersion }));
    }

    /// <summary>
    /// By id, by content, in a batch, in a stream and in a job: the same distributions to the last bit; and evaluation finds the accuracy that
    /// these have.
    /// </summary>
    /// <param name="one">Puts the content of a test item into a request.</param>
    /// <param name="many">Puts the contents of all test items into a request.</param>
    /// <param name="classes">Classes of the test items.</param>
    public async Task CheckAsync(Action<PredictRequest, int> one, Action<BatchPredictRequest> many, int[] classes)
    {
        var byContent = new PredictRequest { Dataset = Dataset, Model = Model };
        one(byContent, 0);
        var expected = (await _service.Predictions.PredictAsync(byContent)).Prediction;
        var byId = await _service.Predictions.PredictAsync(new PredictRequest { Dataset = Dataset, Model = Model, ItemId = TestItem(0) });
        Assert.Equal(expected, byId.Prediction);

        var ids = Enumerable.Range(0, Test).Select(TestItem);
        var stored = (await _service.Predictions.BatchPredictAsync(
            new BatchPredictRequest { Dataset = Dataset, Model = Model, Items = new ItemIds { ItemIds_ = { ids } } })).Predictions;
        var request = new BatchPredictRequest { Dataset = Dataset, Model = Model };
        many(request);
        Close(stored, (await _service.Predictions.BatchPredictAsync(request)).Predictions);
        Assert.Equal(expected.Probabilities.ToArray(), Floats(stored)[..3], (a, b) => Math.Abs(a - b) < 1e-5);

        using var stream = _service.Predictions.StreamPredict();
        await stream.RequestStream.WriteAsync(new StreamPredictRequest { Request = request });
        await stream.RequestStream.CompleteAsync();
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        Close(stored, stream.ResponseStream.Current.Response.Predictions);

        await CheckJobAsync(Floats(stored));
        var right = stored.PredictedClassIndexes.Zip(classes, (predicted, gold) => predicted == gold ? 1 : 0).Sum() / (double)Test;
        Assert.InRange(right, 0.9, 1);
        var evaluation = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = Version.Name });
        Assert.Equal(right, evaluation.Metrics.Single(metric => metric.Metric_ == "accuracy").Value, 1e-6);
    }

    /// <summary>Float32 values of the distributions.</summary>
    public static float[] Floats(PredictionBatch batch) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(batch.Probabilities.Data.Span).ToArray();

    private async Task CheckJobAsync(float[] stored)
    {
        var job = await _service.PredictionJobs.CreatePredictionJobAsync(new CreatePredictionJobRequest
        {
            Parent = Dataset,
            PredictionJob = new PredictionJob { Model = Model, Filter = "split = TEST" },
        });
        job = await JobWaiting.WaitAsync(_service, job.Name, seen => seen.State > PredictionJob.Types.State.Running);
        Assert.True(job.State == PredictionJob.Types.State.Succeeded, job.ToString());
        Assert.Equal((Test, Test), (job.ItemCount, job.PredictedCount));
        var listed = await _service.PredictionJobs.ListPredictionsAsync(new ListPredictionsRequest { Name = job.Name, PageSize = Test });
        Assert.Equal(Enumerable.Range(0, Test).Select(TestItem), listed.Predictions.Select(prediction => prediction.ItemId));
        Assert.Equal(stored, listed.Predictions.SelectMany(prediction => prediction.Prediction.Probabilities), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    // Sums in blocks of other sizes are rounded otherwise.
    private static void Close(PredictionBatch expected, PredictionBatch actual) =>
        Assert.Equal(Floats(expected), Floats(actual), (a, b) => Math.Abs(a - b) < 1e-5);
}
