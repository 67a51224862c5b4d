using LabelerService.Storage.Runs;

namespace LabelerService.Storage.Tests.Runs;

/// <summary>What stays of the events of runs that ended.</summary>
public sealed class RunEventThinningTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Of_a_long_runs_progress_some_events_stay_and_sequence_numbers_keep_their_order()
    {
        const int Reports = 103;
        const int Keep = 10;
        var database = await databases.NextAsync();
        var store = database.Get<RunStore>();
        var dataset = await Some.DatasetAsync(database);
        await store.CreateAsync(dataset, Some.Run("long"), null, default);
        var lease = (await store.TryClaimAsync("t", Lease, default))!;
        for (var epoch = 1; epoch <= Reports; epoch++)
        {
            await store.AppendProgressAsync(lease, new RunProgress("heads", epoch, Reports), default);
        }

        // While it runs nothing goes, however long ago.
        Assert.Equal(0, await store.ThinEventsAsync(TimeSpan.FromHours(-1), Keep, 10, default));
        await store.FailAsync(lease, "it ends", default);
        Assert.Equal(0, await store.ThinEventsAsync(TimeSpan.FromHours(1), Keep, 10, default));
        Assert.Equal(1, await store.ThinEventsAsync(TimeSpan.FromHours(-1), Keep, 10, default));
        Assert.Equal(0, await store.ThinEventsAsync(TimeSpan.FromHours(-1), Keep, 10, default));

        var left = await store.EventsAfterAsync(dataset.Key, "long", 0, 1_000, default);
        var progress = left.Where(happened => happened.Kind == RunEventKind.Progress).Select(happened => happened.Progress!.Epoch).ToArray();
        Assert.InRange(progress.Length, Keep, Keep + 2);
        Assert.Equal((1, Reports), (progress[0], progress[^1]));
        Assert.InRange(progress.Zip(progress.Skip(1), (a, b) => b - a).Max(), 1, (Reports / Keep) + 2);
        Assert.Equal([RunEventKind.Queued, RunEventKind.Started, RunEventKind.Failed], left.Where(e => e.Kind != RunEventKind.Progress).Select(e => e.Kind));
        Assert.Equal(left.Select(happened => happened.Sequence).Order(), left.Select(happened => happened.Sequence));
    }

    [Fact]
    public async Task A_short_run_keeps_all_its_events()
    {
        var database = await databases.NextAsync();
        var store = database.Get<RunStore>();
        var dataset = await Some.DatasetAsync(database);
        await store.CreateAsync(dataset, Some.Run("short"), null, default);
        var lease = (await store.TryClaimAsync("t", Lease, default))!;
        for (var epoch = 1; epoch <= 5; epoch++)
        {
            await store.AppendProgressAsync(lease, new RunProgress("heads", epoch, 5), default);
        }

        await store.PublishAsync(lease, [1], Some.Manifest(), default);
        Assert.Equal(1, await store.ThinEventsAsync(TimeSpan.FromHours(-1), 5, 10, default));
        Assert.Equal(8, (await store.EventsAfterAsync(dataset.Key, "short", 0, 100, default)).Count);
    }
}
