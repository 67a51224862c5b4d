using System.Diagnostics;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Models;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Suites;
using LabelerService.Trainer.Tests.Hosting;
using Xunit.Abstractions;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>Runs that are taken up again give the model of an undisturbed one, whatever interrupted them.</summary>
public sealed class ResumeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    [Trait("Suite", "faults")]
    public async Task Trainers_killed_at_random_moments_leave_runs_that_end_with_the_weights_of_an_undisturbed_one()
    {
        var rounds = Environment.GetEnvironmentVariable("LABELER_KILL_ROUNDS") is { Length: > 0 } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : LongForm.Of(3, 8);
        var epochs = 200 * rounds;
        string[] settings = [$"epochs={epochs}", $"averaging_epochs={epochs}", "weight_resamples=2", "bootstrap_resamples=0"];
        var before = await _queue.Get<SnapshotReader>().ReadAsync("simulated", default);
        await _queue.AddAsync("run", "wdn", settings);

        var random = new Random(rounds);
        // One in each part of the way; not at its very end, where the run would be over before anybody is killed.
        var part = 0.7 * 2 * epochs / rounds;
        int[] kills = [.. Enumerable.Range(0, rounds).Select(kill => 1 + (int)((kill + random.NextDouble()) * part))];
        for (var kill = 0; kill < kills.Length; kill++)
        {
            // However late this test comes to it, the run does not end before somebody is killed.
            await using var held = await HeldEnds.StartAsync(_queue.ConnectionString);
            using var trainer = Start();
            // A trainer that dies before its first checkpoint counts against the run, so of two in turn one gets ahead.
            var victim = await _queue.UntilAsync(
                "run",
                run => run.State is RunState.Succeeded or RunState.Failed or RunState.Cancelled
                    || (run.Attempt > kill && Done(run, epochs) >= kills[kill] && (kill % 2 == 0 || run.LastCheckpointTime > run.StartTime)));
            trainer.Kill();
            await trainer.EndAsync();
            output.WriteLine($"killed at {victim.Progress?.Phase} {victim.Progress?.Epoch}, attempt {victim.Attempt}, resumed {victim.ResumedCount}");
            Assert.Equal(RunState.Running, victim.State);

            // Data that comes while nobody trains is for later runs.
            await _queue.Get<AnnotationStore>().WriteAsync(
                _queue.Dataset, [new AnnotationWrite("item-0", $"late-{kill}", 1)], UnknownLabelers.Register, null, default);
        }

        using var last = Start();
        var run = await _queue.UntilEndedAsync("run");
        last.Kill();
        await last.EndAsync();

        Assert.Equal((RunState.Succeeded, null, rounds + 1), (run.State, run.Error, run.Attempt));
        Assert.InRange(run.ResumedCount, 1, rounds);
        await AssertUndisturbedAsync(run, before, settings);
        Assert.NotEqual(before.SnapshotId, (await _queue.Get<SnapshotReader>().ReadAsync("simulated", default)).SnapshotId);
        SuiteReport.Add("faults", "trainers killed mid-epoch", ("killed", rounds), ("resumed", run.ResumedCount), ("bits that differ from an undisturbed run", 0));

        TrainerProcess Start() => new(_queue.ConnectionString, "--checkpoint-every", "0.05", "--lease", "3");
    }

    [Fact]
    public async Task A_run_given_back_goes_on_in_another_trainer_and_says_so()
    {
        var before = await _queue.Get<SnapshotReader>().ReadAsync("simulated", default);
        var (epochs, settings) = (400, Array.Empty<string>());
        await Queue.InterruptAsync(async attempt =>
        {
            epochs *= attempt;
            settings = [$"epochs={epochs}", "averaging_epochs=5", "bootstrap_resamples=0"];
            await _queue.AddAsync($"run-{epochs}", "wdn", settings);
            await using var first = await RunningTrainer.StartAsync(_queue);
            await _queue.UntilAsync($"run-{epochs}", run => run.LastCheckpointTime is not null);
            await first.StopAsync();
            return await _queue.Runs.GetAsync(_queue.Dataset, $"run-{epochs}", default);
        });

        await using var second = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilEndedAsync($"run-{epochs}");

        Assert.Equal((RunState.Succeeded, 1), (run.State, run.ResumedCount));
        Assert.Contains(RunEventKind.Resumed, await _queue.EventsAsync(run.RunId));
        await AssertUndisturbedAsync(run, before, settings);
    }

    [Fact]
    public async Task A_checkpoint_that_makes_no_sense_is_not_used_and_the_run_starts_over()
    {
        string[] settings = ["epochs=3", "averaging_epochs=2", "bootstrap_resamples=0"];
        await _queue.AddAsync("run", "wdn", settings);
        var (before, pin) = await _queue.Get<SnapshotReader>().ReadAndPinAsync("simulated", default);
        var dead = (await _queue.Runs.TryClaimAsync("dead", TimeSpan.FromSeconds(-1), default))!;
        await _queue.Runs.PinSnapshotAsync(dead, pin, default);
        await _queue.Runs.WriteCheckpointAsync(dead, 10, [1, 2, 3], default);

        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilEndedAsync("run");

        Assert.Equal((RunState.Succeeded, 0), (run.State, run.ResumedCount));
        Assert.Contains(RunEventKind.StartedOver, await _queue.EventsAsync("run"));
        await AssertUndisturbedAsync(run, before, settings);
    }

    [Fact]
    public async Task One_trainer_trains_several_runs_at_once_with_the_results_of_one_at_a_time_and_gives_all_back()
    {
        string[] settings = ["epochs=60", "averaging_epochs=5", "bootstrap_resamples=0"];
        var before = await _queue.Get<SnapshotReader>().ReadAsync("simulated", default);
        await _queue.AddAsync("endless-1", "dn", Queue.Endless);
        await _queue.AddAsync("endless-2", "iwdn", Queue.Endless);
        await _queue.AddAsync("short-1", "wdn", settings);
        await _queue.AddAsync("short-2", "wdn", settings);
        await using (var trainer = await RunningTrainer.StartAsync(_queue, concurrency: 4))
        {
            foreach (var id in (string[])["short-1", "short-2"])
            {
                var run = await _queue.UntilEndedAsync(id);
                Assert.Equal(RunState.Succeeded, run.State);
                await AssertUndisturbedAsync(run, before, settings);
            }

            await _queue.UntilTrainingAsync("endless-1");
            await _queue.UntilTrainingAsync("endless-2");
            await trainer.StopAsync();
        }

        foreach (var id in (string[])["endless-1", "endless-2"])
        {
            Assert.Equal(RunState.Queued, (await _queue.Runs.GetAsync(_queue.Dataset, id, default)).State);
        }
    }

    [Theory]
    [InlineData("dn", "epochs=100000")]
    [InlineData("bn", "epochs=1 bootstrap_resamples=100000", 10_000)]
    [InlineData("consensus", "rounds=1000 repeats=20")]
    [InlineData("raykar", "epochs=100000")]
    public async Task Cancelling_ends_a_run_whatever_it_does(string algorithm, string settings, int items = 150)
    {
        // So many that the bootstrap of the report is not over before somebody has looked.
        await using var queue = await Queue.CreateAsync(items);
        await using var trainer = await RunningTrainer.StartAsync(queue);
        await queue.AddAsync("run", algorithm, settings.Split(' '));
        await queue.UntilAsync("run", run => run.Progress is { Epoch: > 0 });
        var start = Stopwatch.GetTimestamp();
        await queue.Runs.RequestCancelAsync(queue.Dataset, "run", default);
        var run = await queue.UntilEndedAsync("run");
        output.WriteLine($"{algorithm}: cancelled after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");

        Assert.Equal(RunState.Cancelled, run.State);
    }

    private static int Done(RunRecord run, int epochs) => run.Progress switch
    {
        { Phase: "network", Epoch: var epoch } => epoch,
        { Phase: "averaging", Epoch: var epoch } => epochs + epoch,
        { Phase: "weight_intervals" } => 2 * epochs,
        _ => 0,
    };

    private async Task AssertUndisturbedAsync(RunRecord run, TrainingSnapshot snapshot, string[] settings)
    {
        var version = await _queue.Get<ModelStore>().GetVersionAsync(_queue.Dataset, run.ModelId, run.ModelVersion!.Value, default);
        var expected = new ModelTrainer(TimeProvider.System, version.Manifest.CodeVersion).Train(
            snapshot, AlgorithmCatalogue.Validate(run.Algorithm, settings.Select(setting => setting.Split('=')).ToDictionary(pair => pair[0], pair => pair[1])),
            run.Seed, null, default);
        Assert.Equal(snapshot.SnapshotId, version.Manifest.SnapshotId);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(expected.Onnx)), version.ArtefactSha256);
        Assert.Equal(expected.Onnx, await _queue.Get<ArtefactStore>().ReadAsync(version.ArtefactSha256, default));
    }
}
