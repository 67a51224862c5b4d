using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Runs;

/// <summary>The queue spans all datasets, so each test takes a database of its own.</summary>
public sealed class RunQueueTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    /// <summary>A lease that has lapsed when it is granted: what a dead trainer leaves, without waiting for it.</summary>
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    private PostgresFixture _database = null!;
    private RunStore _store = null!;
    private DatasetRecord _dataset = null!;

    public async Task InitializeAsync()
    {
        _database = await databases.NextAsync();
        _store = _database.Get<RunStore>();
        _dataset = await Some.DatasetAsync(_database);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Runs_are_claimed_by_priority_then_age()
    {
        foreach (var (id, priority) in ((string, int)[])[("a", 0), ("b", 5), ("c", 0), ("d", 5)])
        {
            await CreateAsync(id, priority);
        }

        List<string?> order = [];
        for (var i = 0; i < 5; i++)
        {
            order.Add((await _store.TryClaimAsync("t", Lease, default))?.Run.RunId);
        }

        Assert.Equal(["b", "d", "a", "c", null], order);
    }

    [Fact]
    public async Task Runs_of_others_are_for_others_who_know_them_and_may_read_their_data()
    {
        await CreateAsync("theirs", algorithm: "x-theirs");
        await CreateAsync("ours");
        Assert.Equal(1, await _store.CountQueuedAsync(default));
        Assert.Equal("ours", (await _store.TryClaimAsync("t", Lease, default))?.Run.RunId);
        Assert.Null(await _store.TryClaimAsync("t", Lease, default));
        Assert.Null(Assert.Single(await _store.ForecastAsync([await _store.GetAsync(_dataset, "theirs", default)], default)));

        Assert.Null(await _store.TryClaimRemoteAsync("r", Lease, ["x-other", "dn"], null, default));
        Assert.Null(await _store.TryClaimRemoteAsync("r", Lease, ["x-theirs"], ["another-dataset"], default));
        var lease = await _store.TryClaimRemoteAsync("r", Dead, ["x-theirs"], ["another-dataset", _dataset.Id], default);
        Assert.Equal(("theirs", 1, "r"), (lease!.Run.RunId, lease.Run.Attempt, lease.Run.LeaseOwner));

        // Its lease has lapsed: it is for others again, and not for ours.
        Assert.Null(await _store.TryClaimAsync("t", Lease, default));
        Assert.Equal(2, (await _store.TryClaimRemoteAsync("r", Lease, ["x-theirs"], null, default))?.FencingToken);
    }

    [Fact]
    public async Task A_run_of_ours_can_be_taken_by_others_where_they_can_read_the_items()
    {
        await CreateAsync("ours");
        Assert.Equal("ours", (await _store.TryClaimRemoteAsync("r", Lease, ["x-theirs", Some.Run("any").Algorithm], null, default))?.Run.RunId);
    }

    [Fact]
    public async Task Many_claimers_at_once_never_get_the_same_run_and_miss_none()
    {
        for (var i = 0; i < 40; i++)
        {
            await CreateAsync($"run-{i}");
        }

        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(trainer => Task.Run(async () =>
        {
            List<string> mine = [];
            while (await _store.TryClaimAsync($"trainer-{trainer}", Lease, default) is { } lease)
            {
                Assert.Equal((1, 1L), (lease.Run.Attempt, lease.FencingToken));
                mine.Add(lease.Run.RunId);
            }

            return mine;
        })));
        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => $"run-{i}").Order(StringComparer.Ordinal),
            claimed.SelectMany(ids => ids).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_live_lease_keeps_others_out_and_a_lapsed_one_does_not()
    {
        await CreateAsync("run");
        var first = await ClaimAsync();
        Assert.Null(await _store.TryClaimAsync("second", Lease, default));
        Assert.True((await _store.HeartbeatAsync(first, Dead, default)).StillOwner);

        var second = (await _store.TryClaimAsync("second", Lease, default))!;

        Assert.Equal((2, 2L, "second"), (second.Run.Attempt, second.FencingToken, second.Run.LeaseOwner));
    }

    [Fact]
    public async Task A_late_heartbeat_keeps_the_lease_if_nobody_has_claimed_the_run()
    {
        await CreateAsync("run");
        var lease = await ClaimAsync(Dead);
        Assert.True((await _store.HeartbeatAsync(lease, Lease, default)).StillOwner);
        Assert.Null(await _store.TryClaimAsync("second", Lease, default));
    }

    [Fact]
    public async Task Every_write_with_a_stale_token_is_refused_and_changes_nothing()
    {
        await CreateAsync("run");
        var stale = await ClaimAsync(Dead);
        await _store.PinSnapshotAsync(stale, new SnapshotPin("first", [7]), default);
        await _store.WriteCheckpointAsync(stale, 1, [9], default);
        var owner = (await _store.TryClaimAsync("second", Lease, default))!;
        var before = await _store.GetAsync(_dataset, "run", default);

        Assert.False((await _store.HeartbeatAsync(stale, Lease, default)).StillOwner);
        foreach (var write in (Func<Task>[])[
            () => _store.AppendProgressAsync(stale, new RunProgress("heads", 1, 2), default),
            () => _store.PinSnapshotAsync(stale, new SnapshotPin("abc", [1]), default),
            () => _store.WriteCheckpointAsync(stale, 5, [1, 2], default),
            () => _store.MarkResumedAsync(stale, new RunProgress("heads", 1, 2), default),
            () => _store.MarkStartedOverAsync(stale, "why", default),
            () => _store.SetEffectiveSettingsAsync(stale, new Dictionary<string, string>(), default),
            () => _store.PublishAsync(stale, [1, 2, 3], Some.Manifest(), default),
            () => _store.FailAsync(stale, "broke", default),
            () => _store.MarkCancelledAsync(stale, default),
            () => _store.ReleaseAsync(stale, default),
        ])
        {
            Assert.Equal("STALE_LEASE", (await Some.FailsAsync(ErrorKind.Aborted, write)).Reason);
        }

        var after = await _store.GetAsync(_dataset, "run", default);
        Assert.Equal((before.Version, before.LastSequence, before.LeaseExpiresAt), (after.Version, after.LastSequence, after.LeaseExpiresAt));
        await _store.AppendProgressAsync(owner, new RunProgress("heads", 1, 2), default);
        var kept = (await _store.ReadCheckpointAsync(owner, default))!;
        Assert.Equal(("first", 1L), (kept.Pin.SnapshotId, kept.Steps));
        Assert.Equal((byte[])[9], kept.Bytes!);
    }

    [Fact]
    public async Task A_run_that_has_ended_refuses_its_own_former_owner_too()
    {
        await CreateAsync("run");
        var lease = await ClaimAsync();
        await _store.FailAsync(lease, "out of data", default);
        await Some.FailsAsync(ErrorKind.Aborted, () => _store.PublishAsync(lease, [1], Some.Manifest(), default));
        var run = await _store.GetAsync(_dataset, "run", default);
        Assert.Equal((RunState.Failed, "out of data"), (run.State, run.Error));
        Assert.NotNull(run.EndTime);
        Assert.Null(await _store.TryClaimAsync("t", Lease, default));
    }

    [Fact]
    public async Task A_queued_run_is_cancelled_at_once_and_a_running_one_through_its_trainer()
    {
        await CreateAsync("queued");
        Assert.Equal(RunState.Cancelled, (await _store.RequestCancelAsync(_dataset, "queued", default)).State);
        Assert.Null(await _store.TryClaimAsync("t", Lease, default));

        await CreateAsync("running");
        var lease = await ClaimAsync();
        Assert.False((await _store.HeartbeatAsync(lease, Lease, default)).CancelRequested);
        Assert.Equal(RunState.Running, (await _store.RequestCancelAsync(_dataset, "running", default)).State);
        var again = await _store.RequestCancelAsync(_dataset, "running", default);
        Assert.Equal(new HeartbeatResult(true, true), await _store.HeartbeatAsync(lease, Lease, default));
        await _store.MarkCancelledAsync(lease, default);

        var events = await _store.EventsAfterAsync(_dataset.Key, "running", 0, 100, default);
        Assert.Equal(
            [RunEventKind.Queued, RunEventKind.Started, RunEventKind.CancelRequested, RunEventKind.Cancelled], events.Select(e => e.Kind));
        Assert.Equal(again.LastSequence + 1, events[^1].Sequence);
    }

    [Fact]
    public async Task A_dead_trainers_run_whose_cancellation_was_requested_ends_instead_of_running_again()
    {
        await CreateAsync("run");
        await ClaimAsync(Dead);
        await _store.RequestCancelAsync(_dataset, "run", default);
        Assert.Null(await _store.TryClaimAsync("t", Lease, default));
        Assert.Equal(RunState.Cancelled, (await _store.GetAsync(_dataset, "run", default)).State);
    }

    [Fact]
    public async Task A_run_that_kills_every_trainer_fails_after_the_last_attempt()
    {
        await CreateAsync("run");
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            Assert.Equal(attempt, (await ClaimAsync(Dead)).Run.Attempt);
        }

        Assert.Null(await _store.TryClaimAsync("t", Lease, default));
        var run = await _store.GetAsync(_dataset, "run", default);
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("died 5 times", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_released_run_is_claimed_again_and_its_attempt_does_not_count()
    {
        await CreateAsync("run");
        await _store.ReleaseAsync(await ClaimAsync(), default);
        var again = await ClaimAsync();
        Assert.Equal((1, 2L), (again.Run.Attempt, again.FencingToken));
    }

    [Fact]
    public async Task Releasing_a_run_whose_cancellation_was_requested_cancels_it()
    {
        await CreateAsync("run");
        var lease = await ClaimAsync();
        await _store.RequestCancelAsync(_dataset, "run", default);
        await _store.ReleaseAsync(lease, default);
        var run = await _store.GetAsync(_dataset, "run", default);
        Assert.Equal(RunState.Cancelled, run.State);
        Assert.NotNull(run.EndTime);
        var events = await _store.EventsAfterAsync(_dataset.Key, "run", 0, 100, default);
        Assert.Equal(RunEventKind.Cancelled, events[^1].Kind);
    }

    [Fact]
    public async Task Progress_becomes_the_runs_latest_and_an_event_without_gaps()
    {
        await CreateAsync("run");
        var lease = await ClaimAsync();
        await _store.AppendProgressAsync(lease, new RunProgress("heads", 1, 10, 0.75, 0.5, 12.5), default);
        await _store.AppendProgressAsync(lease, new RunProgress("heads", 2, 10, double.NaN, null, null), default);
        await _store.SetEffectiveSettingsAsync(lease, new Dictionary<string, string> { ["epochs"] = "10" }, default);

        var events = await _store.EventsAfterAsync(_dataset.Key, "run", 2, 100, default);
        Assert.Equal([3L, 4L], events.Select(e => e.Sequence));
        Assert.Equal(new RunProgress("heads", 1, 10, 0.75, 0.5, 12.5), events[0].Progress);
        Assert.Null(events[1].Progress!.Loss);
        var run = await _store.GetAsync(_dataset, "run", default);
        Assert.Equal((2, double.NaN), (run.Progress!.Epoch, run.Progress.Loss!.Value));
        Assert.Equal("10", run.EffectiveSettings["epochs"]);
        Assert.Equal("5", run.RequestedSettings["epochs"]);
    }

    [Fact]
    public async Task Lists_filter_by_state_and_page_from_the_newest_back()
    {
        foreach (var id in (string[])["r1", "r2", "r3", "r4"])
        {
            await CreateAsync(id);
        }

        await _store.RequestCancelAsync(_dataset, "r3", default);
        Assert.Equal(["r4", "r3"], (await _store.ListAsync(_dataset, null, null, 2, default)).Select(run => run.RunId));
        Assert.Equal(["r2", "r1"], (await _store.ListAsync(_dataset, RunState.Queued, "r4", 10, default)).Select(run => run.RunId));
        Assert.Equal(3, await _store.CountQueuedAsync(default));
        await Some.FailsAsync(ErrorKind.AlreadyExists, "training_run_id", () => CreateAsync("r1"));
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.GetAsync(_dataset, "r9", default));
    }

    private Task<RunRecord> CreateAsync(string id, int priority = 0, string? algorithm = null)
    {
        var run = Some.Run(id, priority);
        return _store.CreateAsync(_dataset, run with { Algorithm = algorithm ?? run.Algorithm }, null, default);
    }

    private async Task<RunLease> ClaimAsync(TimeSpan? lease = null) =>
        await _store.TryClaimAsync("first", lease ?? Lease, default) ?? throw new InvalidOperationException("Nothing to claim.");

    public sealed class Databases : IAsyncLifetime
    {
        private readonly List<PostgresFixture> _fixtures = [];

        public async Task<PostgresFixture> NextAsync()
        {
            var fixture = new PostgresFixture();
            _fixtures.Add(fixture);
            await fixture.InitializeAsync();
            return fixture;
        }

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            foreach (var fixture in _fixtures)
            {
                await fixture.DisposeAsync();
            }
        }
    }
}
