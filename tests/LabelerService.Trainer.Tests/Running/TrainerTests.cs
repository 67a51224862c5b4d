using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Learning;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Models;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;
using LabelerService.TestKit;
using LabelerService.TestKit.Crowds;
using LabelerService.Trainer.Running;

namespace LabelerService.Trainer.Tests.Running;

public sealed class TrainerTests : IAsyncLifetime
{
    /// <summary>A lease that has lapsed when it is granted: what a dead trainer leaves, without waiting for it.</summary>
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public async Task DisposeAsync() => await _queue.DisposeAsync();

    [Fact]
    public async Task A_queued_run_is_trained_and_published_with_file_manifest_and_champion()
    {
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await _queue.AddAsync("run", "wdn", "epochs=3", "averaging_epochs=2");
        var run = await _queue.UntilEndedAsync("run");

        Assert.Equal((RunState.Succeeded, null, 1, 1), (run.State, run.Error, run.ModelVersion, run.Attempt));
        Assert.Equal("3", run.EffectiveSettings["epochs"]);
        Assert.Equal("0.001", run.EffectiveSettings["learning_rate"]);
        var version = await _queue.Get<ModelStore>().GetVersionByAliasAsync(_queue.Dataset, "wdn", "champion", default);
        Assert.Equal([.. _queue.Crowd.Snapshot.LabelerIds, null], version.Manifest.Heads.Select(head => head.LabelerId));
        Assert.Equal(_queue.Crowd.Snapshot.Annotations.Count, version.Manifest.AnnotationCount);
        Assert.InRange(version.Manifest.ParityMaxDifference, 0, 1e-5);

        // The same data, settings and seed give the file that was stored, bit for bit, whether read from PostgreSQL or not.
        var expected = new ModelTrainer(TimeProvider.System, version.Manifest.CodeVersion).Train(
            await _queue.Get<SnapshotReader>().ReadAsync("simulated", default),
            AlgorithmCatalogue.Validate("wdn", run.RequestedSettings), run.Seed, null, default);
        Assert.Equal(expected.Onnx, await _queue.Get<ArtefactStore>().ReadAsync(version.ArtefactSha256, default));

        var events = await _queue.EventsAsync("run");
        Assert.Equal([RunEventKind.Queued, RunEventKind.Started], events[..2]);
        Assert.Equal(RunEventKind.Succeeded, events[^1]);
        Assert.Contains(RunEventKind.Progress, events);
    }

    [Fact]
    public async Task One_trainer_works_through_the_queue()
    {
        foreach (var id in (string[])["first", "second", "third"])
        {
            await _queue.AddAsync(id, "bn", "epochs=1");
        }

        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var versions = new List<int?>();
        foreach (var id in (string[])["first", "second", "third"])
        {
            versions.Add((await _queue.UntilEndedAsync(id)).ModelVersion);
        }

        Assert.Equal([1, 2, 3], versions);
    }

    [Fact]
    public async Task A_cancelled_run_stops_and_publishes_nothing()
    {
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        await _queue.AddAsync("run", "dn", Queue.Endless);
        await _queue.UntilTrainingAsync("run");
        await _queue.Runs.RequestCancelAsync(_queue.Dataset, "run", default);
        var run = await _queue.UntilEndedAsync("run");

        Assert.Equal(RunState.Cancelled, run.State);
        Assert.Empty(await _queue.ModelsAsync());
        // The trainer is free again.
        await _queue.AddAsync("next", "bn", "epochs=1");
        Assert.Equal(RunState.Succeeded, (await _queue.UntilEndedAsync("next")).State);
    }

    [Fact]
    public async Task A_failed_run_says_what_to_do()
    {
        var empty = SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "empty", LabelsPerItem = 0 });
        var dataset = await empty.LoadAsync(_queue.Storage);
        await _queue.AddAsync(dataset, "run", "dn");
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilAsync(dataset, "run", candidate => candidate.State != RunState.Queued && candidate.State != RunState.Running);

        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("Import labels, then train again", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_with_settings_that_no_longer_exist_fails_by_their_name()
    {
        await _queue.AddAsync("run", "dn", "no_such_setting=1");
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilEndedAsync("run");

        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("settings[no_such_setting]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_native_stack_of_an_error_stays_in_the_log()
    {
        var native = new InvalidOperationException("not enough memory: you tried to allocate 4 GB.\nException raised from alloc\nframe #0: c10::");

        Assert.Equal(
            "Training failed: not enough memory: you tried to allocate 4 GB. The trainer's log has more.", RunExecutor.Describe(native));
        Assert.Equal("Import labels.", RunExecutor.Describe(new ServiceException(ErrorKind.FailedPrecondition, "NONE", "Import labels.")));
    }

    [Fact]
    public async Task A_lapsed_lease_is_taken_over_and_the_dead_trainer_can_no_longer_write()
    {
        await _queue.AddAsync("run", "bn", "epochs=1");
        var zombie = (await _queue.Runs.TryClaimAsync("zombie", Dead, default))!;
        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilEndedAsync("run");

        Assert.Equal((RunState.Succeeded, 2, "trainer-under-test"), (run.State, run.Attempt, run.LeaseOwner));
        var version = await _queue.Get<ModelStore>().GetVersionAsync(_queue.Dataset, "bn", 1, default);
        var refused = await Assert.ThrowsAsync<ServiceException>(
            () => _queue.Runs.PublishAsync(zombie, [1, 2, 3], version.Manifest, default));
        Assert.Equal("STALE_LEASE", refused.Reason);
        Assert.Single(await _queue.Get<ModelStore>().ListVersionsAsync(_queue.Dataset, "bn", null, 10, default));
    }

    [Fact]
    public async Task A_zombie_that_trains_on_leaves_the_new_owner_alone()
    {
        await _queue.AddAsync("run", "bn", "epochs=1");
        var old = (await _queue.Runs.TryClaimAsync("zombie", Dead, default))!;
        var current = (await _queue.Runs.TryClaimAsync("owner", Lease, default))!;
        await using var zombie = RunningTrainer.Idle(_queue);
        await zombie.Get<RunExecutor>().ExecuteAsync(old, DateTimeOffset.UtcNow, () => { }, CancellationToken.None);

        var run = await _queue.Runs.GetAsync(_queue.Dataset, "run", default);
        Assert.Equal((RunState.Running, "owner"), (run.State, run.LeaseOwner));
        Assert.Empty(await _queue.ModelsAsync());
        Assert.True((await _queue.Runs.HeartbeatAsync(current, Lease, default)).StillOwner);
    }

    [Fact]
    public async Task A_trainer_that_stops_gives_its_run_back_at_once()
    {
        await _queue.AddAsync("run", "wdn", Queue.Endless);
        await using (var trainer = await RunningTrainer.StartAsync(_queue))
        {
            await _queue.UntilTrainingAsync("run");
            await trainer.StopAsync();
        }

        var run = await _queue.Runs.GetAsync(_queue.Dataset, "run", default);
        Assert.Equal((RunState.Queued, 0), (run.State, run.Attempt));
        Assert.Equal(RunEventKind.Released, (await _queue.EventsAsync("run"))[^1]);
        Assert.Empty(await _queue.ModelsAsync());
    }

    [Fact]
    public async Task A_run_that_killed_three_trainers_is_failed_and_not_tried_again()
    {
        await _queue.AddAsync("poison", "bn", "epochs=1");
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(attempt, (await _queue.Runs.TryClaimAsync("victim", Dead, default))!.Run.Attempt);
        }

        await using var trainer = await RunningTrainer.StartAsync(_queue);
        var run = await _queue.UntilEndedAsync("poison");

        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("died 3 times", run.Error, StringComparison.Ordinal);
        Assert.Empty(await _queue.ModelsAsync());
    }

    [Fact]
    public async Task A_long_run_keeps_its_lease_and_the_health_file_is_kept_fresh()
    {
        var folder = ScratchDirectory.Create("trainer-health");
        var file = Path.Combine(folder, "health");
        await _queue.AddAsync("run", "bn", Queue.Endless);
        await using (await RunningTrainer.StartAsync(_queue, file))
        {
            var first = (await _queue.UntilTrainingAsync("run")).LeaseExpiresAt;
            var touched = await File.ReadAllTextAsync(file);
            await _queue.UntilAsync("run", run => run.LeaseExpiresAt > first + TimeSpan.FromSeconds(1));

            // The file comes after the database's answer.
            await _queue.UntilAsync("run", _ => File.ReadAllText(file) != touched);
        }

        // Only now does nobody write into the folder any more.
        Directory.Delete(folder, recursive: true);
    }
}
