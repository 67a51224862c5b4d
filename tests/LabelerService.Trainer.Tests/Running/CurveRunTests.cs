using LabelerService.Core.Curves;
using LabelerService.Core.Datasets;
using LabelerService.Storage.Curves;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Tests.Hosting;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>Runs that measure learning curves.</summary>
public sealed class CurveRunTests : IAsyncLifetime
{
    private static readonly CurvePlan Plan = new() { ItemShares = [0.1, 0.3, 0.6, 1], LabelShares = [0.4, 1], Capacities = ["m"], Seeds = 2 };

    // So many points that a trainer does not measure the last of them between the third and its being killed, however busy the machine is.
    private static readonly CurvePlan LongPlan = Plan with { Seeds = 8 };
    private Queue _queue = null!;

    private CurveStore Curves => _queue.Get<CurveStore>();

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync(items: 400);

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    public async Task A_curve_whose_trainer_is_killed_goes_on_after_the_last_point_and_has_the_points_of_an_undisturbed_one()
    {
        await AddAsync("killed", "run-1", LongPlan);
        using (var trainer = new TrainerProcess(_queue.ConnectionString, "--lease", "3"))
        {
            await _queue.UntilAsync("run-1", run => run.State == RunState.Running && Measured("killed") >= 3);
            trainer.Kill();
            await trainer.EndAsync();
        }

        var before = await PointsAsync("killed");
        Assert.InRange(before.Count, 3, LongPlan.Cells().Count - 1);

        // Data that comes meanwhile is no part of the curve.
        await _queue.Get<AnnotationStore>().WriteAsync(
            _queue.Dataset, [new AnnotationWrite("item-0", "late", 1)], UnknownLabelers.Register, null, default);
        await using (var trainer = await RunningTrainer.StartAsync(_queue))
        {
            var run = await _queue.UntilEndedAsync("run-1");
            Assert.Equal((RunState.Succeeded, null, 1), (run.State, run.Error, run.ResumedCount));
        }

        var after = await PointsAsync("killed");
        Assert.Equal(LongPlan.Cells(), after.Select(point => point.Cell));
        Assert.Equal(before, after.Take(before.Count));
        Assert.Empty(await _queue.ModelsAsync());

        await _queue.Get<AnnotationStore>().WriteAsync(_queue.Dataset, [AnnotationWrite.Retraction("item-0", "late")], UnknownLabelers.Reject, null, default);
        await AddAsync("undisturbed", "run-2", LongPlan);
        await using (var trainer = await RunningTrainer.StartAsync(_queue))
        {
            Assert.Equal(RunState.Succeeded, (await _queue.UntilEndedAsync("run-2")).State);
        }

        Assert.Equal(after.Select(WithoutTime), (await PointsAsync("undisturbed")).Select(WithoutTime));

        int Measured(string curve) => Curves.GetAsync(_queue.Dataset, curve, default).GetAwaiter().GetResult().MeasuredCount;
    }

    [Fact]
    public async Task A_cancelled_curve_keeps_its_points_and_is_resumed_on_the_same_data()
    {
        await AddAsync("curve", "run-1", LongPlan);
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await _queue.UntilAsync("run-1", run => run.Progress?.Phase.StartsWith("point 2 of", StringComparison.Ordinal) == true || run.Progress?.Epoch >= 1);
        await _queue.Runs.RequestCancelAsync(_queue.Dataset, "run-1", default);
        Assert.Equal(RunState.Cancelled, (await _queue.UntilEndedAsync("run-1")).State);
        var curve = await Curves.GetAsync(_queue.Dataset, "curve", default);
        Assert.InRange(curve.MeasuredCount, 0, LongPlan.Cells().Count - 1);

        Assert.Equal("run-2", (await Curves.ResumeAsync(_queue.Dataset, "curve", "run-2", default)).RunId);
        Assert.Equal(RunState.Succeeded, (await _queue.UntilEndedAsync("run-2")).State);
        var points = await PointsAsync("curve");
        Assert.Equal(LongPlan.Cells(), points.Select(point => point.Cell));

        // Nested parts of the training items, each measured on all test items with gold.
        curve = await Curves.GetAsync(_queue.Dataset, "curve", default);
        Assert.Equal(CurveBasis.TestGold, curve.Basis);
        Assert.Equal(new CurveSize(240, 720), curve.Size);
        Assert.Equal([24L, 72, 144, 240, 240], points.Take(5).Select(point => point.Items));
        Assert.All(points, point => Assert.Equal(80, point.Evaluated));
        Assert.True(points.Where(point => point.Cell.ItemShare == 1).Average(point => point.Accuracy) > 0.8);
        Assert.InRange(points[4].Labels, 240 * 1.1, 240 * 1.3);
    }

    [Fact]
    public async Task Without_gold_a_curve_is_measured_by_labels_that_are_set_aside()
    {
        var dataset = await WithoutGoldAsync(1);
        await Curves.CreateAsync(
            dataset,
            new CurveWrite("curve", "dn", new Dictionary<string, string> { ["epochs"] = "20" }, new CurvePlan { ItemShares = [0.002, 0.5, 1], Seeds = 1 }),
            "run", null, default);
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilAsync(dataset, "run", run => run.State is RunState.Succeeded or RunState.Failed);
        Assert.Equal((RunState.Succeeded, null), (run.State, run.Error));

        var curve = await Curves.GetAsync(dataset, "curve", default);
        Assert.Equal(CurveBasis.HeldOutAnnotations, curve.Basis);
        var points = await Curves.PointsAsync(curve, default);
        Assert.Equal(1, points[0].Items);
        Assert.InRange(points[2].Accuracy!.Value, 0.6, 1);
        Assert.InRange(points[1].Evaluated, 30, _queue.Crowd.Snapshot.ItemIds.Length / 5);
    }

    [Fact]
    public async Task A_curve_of_settings_that_no_data_help_fails_and_says_why()
    {
        await Curves.CreateAsync(_queue.Dataset, Write("dn", "head", "cumulative"), "run", null, default);
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilEndedAsync("run");
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("Cumulative heads need ordered classes", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Points_without_a_model_say_why_and_a_curve_of_no_others_fails()
    {
        // Numbers so large that the loss is none.
        var dataset = await WithoutGoldAsync(1e37f);
        await Curves.CreateAsync(dataset, Write("bn", "feature_transform", "none"), "run", null, default);
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilAsync(dataset, "run", run => run.State is RunState.Succeeded or RunState.Failed);
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("No model could be trained on any part", run.Error, StringComparison.Ordinal);
        var points = await Curves.PointsAsync(await Curves.GetAsync(dataset, "curve", default), default);
        Assert.Equal(2, points.Count);
        Assert.All(points, point => Assert.Contains("is not a number", point.Problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_point_starts_from_the_backbone_that_is_named()
    {
        // A net trained on all data; of one epoch with its backbone frozen, little can be learnt but by what is taken over.
        await _queue.AddAsync("source", "dn", "bootstrap_resamples=0", "epochs=20");
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        Assert.Equal(RunState.Succeeded, (await _queue.UntilEndedAsync("source")).State);
        var settings = new Dictionary<string, string> { ["epochs"] = "1", ["fine_tune"] = "off" };
        var plan = new CurvePlan { ItemShares = [0.5, 1], Seeds = 1 };
        await Curves.CreateAsync(_queue.Dataset, new CurveWrite("bare", "dn", settings, plan), "bare", null, default);
        settings = new Dictionary<string, string>(settings) { ["pretrained"] = $"datasets/{_queue.Dataset.Id}/models/dn/versions/1" };
        await Curves.CreateAsync(_queue.Dataset, new CurveWrite("taken", "dn", settings, plan), "taken", null, default);
        await Curves.CreateAsync(_queue.Dataset, Write("dn", "pretrained", "no-such"), "missing", null, default);
        var ends = await Task.WhenAll(((string[])["bare", "taken", "missing"]).Select(_queue.UntilEndedAsync));
        Assert.Equal([null, null], ends[..2].Select(run => run.Error));
        Assert.Contains("backbones/no-such", ends[2].Error, StringComparison.Ordinal);

        foreach (var (bare, taken) in (await PointsAsync("bare")).Zip(await PointsAsync("taken")))
        {
            Assert.True(taken.Accuracy > bare.Accuracy, $"{taken.Accuracy} is not more than {bare.Accuracy}");
        }
    }

    private static CurveWrite Write(string algorithm, string key, string value) =>
        new("curve", algorithm, new Dictionary<string, string> { [key] = value }, new CurvePlan { ItemShares = [0.5, 1], Seeds = 1 });

    private async Task<DatasetRecord> WithoutGoldAsync(float scale)
    {
        var crowd = _queue.Crowd.Snapshot;
        var dataset = await _queue.Get<DatasetStore>().CreateAsync(new DatasetWrite("no-gold", crowd.Schema), null, default);
        float[] features = [.. crowd.Features.Load().Select(value => value * scale)];
        await _queue.Get<ItemStore>().UpsertAsync(
            dataset,
            [.. crowd.ItemIds.Select((id, i) => new ItemWrite(
                id, Split.Train, FeaturePacking.Pack(features.AsSpan(i * crowd.FeatureLength, crowd.FeatureLength)), FeatureEncoding.Float32, null))],
            null, default);
        var table = crowd.Annotations;
        await _queue.Get<AnnotationStore>().WriteAsync(
            dataset,
            [.. Enumerable.Range(0, table.Count).Select(a => new AnnotationWrite(
                crowd.ItemIds[table.Items[a]], crowd.LabelerIds[table.Labelers[a]], table.Classes[a]))],
            UnknownLabelers.Register, null, default);
        return dataset;
    }

    private static CurvePoint WithoutTime(CurvePoint point) => point with { Seconds = 0 };

    private Task AddAsync(string curve, string run, CurvePlan? plan = null) => Curves.CreateAsync(
        _queue.Dataset, new CurveWrite(curve, "wdn", new Dictionary<string, string> { ["epochs"] = "30", ["averaging_epochs"] = "5" }, plan ?? Plan), run, null, default);

    private async Task<IReadOnlyList<CurvePoint>> PointsAsync(string curve) =>
        await Curves.PointsAsync(await Curves.GetAsync(_queue.Dataset, curve, default), default);
}
