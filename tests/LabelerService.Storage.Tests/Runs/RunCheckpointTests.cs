using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Runs;

/// <summary>What is kept of runs that are under way. The queue spans all datasets, so each test takes a database of its own.</summary>
public sealed class RunCheckpointTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly SnapshotPin Pin = new("snapshot", [1, 2, 3]);

    private PostgresFixture _database = null!;
    private RunStore _store = null!;
    private DatasetRecord _dataset = null!;

    public async Task InitializeAsync()
    {
        _database = await databases.NextAsync();
        _store = _database.Get<RunStore>();
        _dataset = await Some.DatasetAsync(_database);
        await _store.CreateAsync(_dataset, Some.Run("run"), null, default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_next_owner_reads_the_latest_checkpoint_and_the_data_that_was_settled()
    {
        var first = await ClaimAsync(Dead);
        Assert.Null(await _store.ReadCheckpointAsync(first, default));
        await _store.PinSnapshotAsync(first, Pin, default);
        Assert.Null((await _store.ReadCheckpointAsync(first, default))!.Bytes);
        await _store.WriteCheckpointAsync(first, 3, [3], default);
        await _store.WriteCheckpointAsync(first, 4, [4, 4], default);

        var second = await ClaimAsync(Dead);
        var kept = (await _store.ReadCheckpointAsync(second, default))!;
        Assert.Equal(("snapshot", 4L), (kept.Pin.SnapshotId, kept.Steps));
        Assert.Equal(Pin.Content, kept.Pin.Content);
        Assert.Equal((byte[])[4, 4], kept.Bytes!);

        await _store.MarkResumedAsync(second, new RunProgress("network", 7, 9), default);
        var run = await _store.GetAsync(_dataset, "run", default);
        Assert.Equal((1, "network", 7, 9), (run.ResumedCount, run.Progress!.Phase, run.Progress.Epoch, run.Progress.Epochs));
        Assert.NotNull(run.LastCheckpointTime);
        var events = await _store.EventsAfterAsync(_dataset.Key, "run", 0, 100, default);
        Assert.Equal((RunEventKind.Resumed, 7), (events[^1].Kind, events[^1].Progress!.Epoch));
    }

    [Fact]
    public async Task Settling_other_data_drops_the_checkpoint_of_the_old()
    {
        var lease = await ClaimAsync();
        await _store.PinSnapshotAsync(lease, Pin, default);
        await _store.WriteCheckpointAsync(lease, 3, [3], default);
        await _store.PinSnapshotAsync(lease, new SnapshotPin("other", [9]), default);

        var kept = (await _store.ReadCheckpointAsync(lease, default))!;
        Assert.Equal(("other", 0L, null), (kept.Pin.SnapshotId, kept.Steps, kept.Bytes));
    }

    [Fact]
    public async Task A_run_that_gets_ahead_outlives_any_number_of_trainers_and_one_that_does_not_fails()
    {
        await _store.PinSnapshotAsync(await ClaimAsync(Dead), Pin, default);
        for (var step = 1; step <= 20; step++)
        {
            // The first of two trainers dies before its first checkpoint.
            await ClaimAsync(Dead);
            await _store.WriteCheckpointAsync(await ClaimAsync(Dead), step, [1], default);
        }

        // From here on nobody gets any further: repeating what was done before does not count.
        for (var attempt = 0; attempt < 5; attempt++)
        {
            await _store.WriteCheckpointAsync(await ClaimAsync(Dead), 20, [1], default);
        }

        Assert.Null(await _store.TryClaimAsync("trainer", Dead, default));
        var run = await _store.GetAsync(_dataset, "run", default);
        Assert.Equal((RunState.Failed, 46), (run.State, run.Attempt));
    }

    [Fact]
    public async Task Starting_over_again_and_again_is_no_way_to_go_on_for_ever()
    {
        await _store.PinSnapshotAsync(await ClaimAsync(Dead), Pin, default);
        await _store.WriteCheckpointAsync(await ClaimAsync(Dead), 10, [1], default);
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var lease = await ClaimAsync(Dead);
            await _store.MarkStartedOverAsync(lease, "The features changed.", default);
            await _store.PinSnapshotAsync(lease, Pin, default);
            await _store.WriteCheckpointAsync(lease, 9, [1], default);
        }

        Assert.Null(await _store.TryClaimAsync("trainer", Dead, default));
        Assert.Equal(RunState.Failed, (await _store.GetAsync(_dataset, "run", default)).State);
    }

    [Theory]
    [InlineData("published")]
    [InlineData("failed")]
    [InlineData("cancelled")]
    [InlineData("cancelled by nobody")]
    [InlineData("dead")]
    [InlineData("dataset")]
    public async Task Whatever_ends_a_run_removes_what_was_kept_of_it(string end)
    {
        var lease = await ClaimAsync(end is "dead" or "cancelled by nobody" ? Dead : Lease);
        await _store.PinSnapshotAsync(lease, Pin, default);
        await _store.WriteCheckpointAsync(lease, 1, [1], default);
        switch (end)
        {
            case "published":
                await _store.PublishAsync(lease, [1, 2, 3], Some.Manifest(), default);
                break;
            case "failed":
                await _store.FailAsync(lease, "broke", default);
                break;
            case "cancelled":
                await _store.RequestCancelAsync(_dataset, "run", default);
                await _store.MarkCancelledAsync(lease, default);
                break;
            case "cancelled by nobody":
                await _store.RequestCancelAsync(_dataset, "run", default);
                Assert.Null(await _store.TryClaimAsync("trainer", Lease, default));
                break;
            case "dead":
                for (var attempt = 0; attempt < 5; attempt++)
                {
                    await ClaimAsync(Dead);
                }

                Assert.Null(await _store.TryClaimAsync("trainer", Lease, default));
                break;
            default:
                await _database.Get<DatasetStore>().DeleteAsync(_dataset.Id, null, default);
                break;
        }

        Assert.Null(await _store.ReadCheckpointAsync(lease, default));
    }

    [Fact]
    public async Task A_run_given_back_keeps_its_checkpoint_also_when_it_is_cancelled_only_until_then()
    {
        var lease = await ClaimAsync();
        await _store.PinSnapshotAsync(lease, Pin, default);
        await _store.ReleaseAsync(lease, default);
        Assert.NotNull(await _store.ReadCheckpointAsync(lease, default));
        await _store.RequestCancelAsync(_dataset, "run", default);
        Assert.Null(await _store.ReadCheckpointAsync(lease, default));
    }

    private async Task<RunLease> ClaimAsync(TimeSpan? lease = null) =>
        await _store.TryClaimAsync("trainer", lease ?? Lease, default) ?? throw new InvalidOperationException("Nothing to claim.");
}
