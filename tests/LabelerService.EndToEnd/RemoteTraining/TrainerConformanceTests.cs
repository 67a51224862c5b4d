using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.RemoteTraining;

/// <summary>
/// What every trainer of others has to do, whatever it is written in: see <see cref="RemoteTrainer"/> for how to have another one than the
/// example tested.
/// </summary>
public sealed class TrainerConformanceTests : IAsyncLifetime
{
    private const string Endless = "100000000";
    private RunningService _service = null!;
    private SimulatedDataset _crowd = null!;

    public async Task InitializeAsync()
    {
        // No trainer of the service's own: whatever is trained here was trained by the other one.
        _service = await RunningService.StartAsync("--trainers", "0");
        _crowd = await SimulatedDataset.CreateAsync(_service);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task It_trains_a_model_that_predicts_and_knows_what_it_was_made_of()
    {
        await using var trainer = RemoteTrainer.Start(_service, "good");
        var events = new List<TrainingRunEvent>();
        var run = await TrainAndPredictTests.WatchToEndAsync(_service, await StartAsync(("epochs", "150")), events);

        Assert.True(run.State == TrainingRun.Types.State.Succeeded, $"{run.FailureMessage}\n{trainer.Output}");
        Assert.Equal("good", run.Trainer);
        Assert.Contains(events, happened => happened.Progress is { Epochs: > 0, Loss: > 0 });
        var version = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = run.ModelVersion });
        Assert.Equal(
            [.. Enumerable.Range(0, SimulatedDataset.Labelers).Select(l => $"labeler{l}"), ""], version.Heads.Select(head => head.LabelerId).Order(LastIfEmpty));
        Assert.Equal((900, 300, 64), (version.AnnotationCount, version.Data.TrainItemCount, version.SnapshotId.Length));
        Assert.InRange(version.ParityMaxDifference, 0, 1e-4);
        var accuracy = (await _service.Models.EvaluateModelAsync(new EvaluateModelRequest
        {
            Name = run.ModelVersion,
            Split = Split.Test,
        })).Metrics.Single(metric => metric.Metric_ == "accuracy").Value;
        Assert.True(accuracy > 0.95, $"{accuracy} of well separated clusters is right");
        var answer = await _service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = _crowd.Dataset,
            Model = new ModelSelector { Model = run.ModelVersion },
            ItemId = _crowd.TestItem,
        });
        Assert.Equal(1, answer.Prediction.Probabilities.Sum(), 1e-3);
    }

    [Fact]
    public async Task A_run_that_cannot_be_carried_out_fails_and_says_why()
    {
        await using var trainer = RemoteTrainer.Start(_service, "strict");
        var run = await TrainAndPredictTests.WatchToEndAsync(_service, await StartAsync(("epochs", "many")));

        Assert.Equal(TrainingRun.Types.State.Failed, run.State);
        Assert.Contains("epochs", run.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_heeds_a_cancellation_goes_on_after_a_restart_of_the_service_and_gives_its_run_back_when_it_is_stopped()
    {
        await using var trainer = RemoteTrainer.Start(_service, "polite");
        var cancelled = await UntilTrainingAsync(await StartAsync(("epochs", Endless)), "polite");
        await _service.Training.CancelTrainingRunAsync(new CancelTrainingRunRequest { Name = cancelled.Name });
        Assert.Equal(TrainingRun.Types.State.Cancelled, (await TrainAndPredictTests.WatchToEndAsync(_service, cancelled)).State);

        var run = await UntilTrainingAsync(await StartAsync(("epochs", Endless)), "polite");
        await _service.KillAsync();
        await _service.StartAgainAsync();
        var before = (await GetAsync(run)).Progress.Epoch;
        await UntilAsync(run, now => now.Progress?.Epoch > before);
        Assert.Equal(1, (await GetAsync(run)).Attempt);

        await trainer.SignalAsync("TERM");
        Assert.True(await trainer.EndAsync() == 0, trainer.Output);
        var given = await GetAsync(run);
        Assert.Equal((TrainingRun.Types.State.Queued, 0), (given.State, given.Attempt));
    }

    [Fact]
    public async Task One_that_sleeps_past_its_lease_is_fenced_off_and_one_that_is_killed_is_replaced()
    {
        await using var sleeper = RemoteTrainer.Start(_service, "sleeper");
        var run = await UntilTrainingAsync(await StartAsync(("epochs", Endless)), "sleeper");
        await sleeper.SignalAsync("STOP");
        await using var second = RemoteTrainer.Start(_service, "second", leaseSeconds: 20);
        await UntilTrainingAsync(run, "second");
        await sleeper.SignalAsync("CONT");
        var now = await UntilAsync(await GetAsync(run), later => later.Progress?.Epoch > 1);
        Assert.Equal((TrainingRun.Types.State.Running, "second", 2), (now.State, now.Trainer, now.Attempt));

        // The first is awake, and waits for runs: it takes over what the second leaves.
        await second.SignalAsync("KILL");
        await UntilTrainingAsync(run, "sleeper");
        Assert.Equal(3, (await GetAsync(run)).Attempt);
        await _service.Training.CancelTrainingRunAsync(new CancelTrainingRunRequest { Name = run.Name });
        Assert.Equal(TrainingRun.Types.State.Cancelled, (await TrainAndPredictTests.WatchToEndAsync(_service, run)).State);
    }

    private static IComparer<string> LastIfEmpty => Comparer<string>.Create(
        (a, b) => (a.Length == 0, a).CompareTo((b.Length == 0, b)));

    private Task<TrainingRun> StartAsync(params (string Key, string Value)[] settings) =>
        TrainAndPredictTests.StartAsync(_service, _crowd.Dataset, RemoteTrainer.Algorithm, settings);

    private Task<TrainingRun> GetAsync(TrainingRun run) =>
        _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = run.Name }).ResponseAsync;

    private Task<TrainingRun> UntilTrainingAsync(TrainingRun run, string trainer) =>
        UntilAsync(run, now => now.Trainer == trainer && now.State == TrainingRun.Types.State.Running && now.Progress is not null);

    private async Task<TrainingRun> UntilAsync(TrainingRun run, Predicate<TrainingRun> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var now = await GetAsync(run);
            if (condition(now))
            {
                return now;
            }

            Assert.False(limit.IsCancellationRequested, $"It did not come to it within two minutes: {now}");
            await Task.Delay(100);
        }
    }
}
