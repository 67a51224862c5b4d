using LabelerService.Storage.Models;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Notifications;

public sealed class NotificationListenerTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    /// <summary>Longer than anything takes; a test fails if it is reached.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly RunStore _runs = database.Get<RunStore>();

    [Fact]
    public async Task Each_event_of_a_run_wakes_its_watcher()
    {
        var dataset = await Some.DatasetAsync(database);
        await _runs.CreateAsync(dataset, Some.Run("watched"), null, default);
        var lease = await ClaimAsync();
        using var watch = database.Get<RunEventListener>().Watch(dataset.Key, "watched");
        for (var epoch = 1; epoch <= 5; epoch++)
        {
            await _runs.AppendProgressAsync(lease, new RunProgress("heads", epoch, 5), default);
            await WokenUntilAsync(watch, async () => (await _runs.EventsAfterAsync(dataset.Key, "watched", 1 + epoch, 1, default)).Count == 1);
        }

        await _runs.MarkCancelledAsync(lease, default);
    }

    [Fact]
    public async Task Notices_go_on_after_the_connection_was_killed()
    {
        var dataset = await Some.DatasetAsync(database);
        await _runs.CreateAsync(dataset, Some.Run("survivor"), null, default);
        var lease = await ClaimAsync();
        using var watch = database.Get<RunEventListener>().Watch(dataset.Key, "survivor");
        await _runs.AppendProgressAsync(lease, new RunProgress("heads", 1, 5), default);
        await WokenUntilAsync(watch, async () => (await _runs.EventsAfterAsync(dataset.Key, "survivor", 2, 1, default)).Count == 1);

        await using (var kill = database.Get<NpgsqlDataSource>().CreateCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"))
        {
            using var limit = new CancellationTokenSource(Long);
            while ((long)(await kill.ExecuteScalarAsync(limit.Token))! == 0)
            {
                await Task.Yield();
            }
        }

        for (var epoch = 2; epoch <= 4; epoch++)
        {
            await _runs.AppendProgressAsync(lease, new RunProgress("heads", epoch, 5), default);
            await WokenUntilAsync(watch, async () => (await _runs.EventsAfterAsync(dataset.Key, "survivor", 1 + epoch, 1, default)).Count == 1);
        }

        await _runs.MarkCancelledAsync(lease, default);
    }

    [Fact]
    public async Task A_new_run_wakes_trainers_and_a_moved_alias_wakes_servers()
    {
        var dataset = await Some.DatasetAsync(database);
        using var queue = database.Get<RunEventListener>().WatchQueue();
        using var models = database.Get<NotificationListener>().Subscribe(NotificationChannel.Models, dataset.Id);
        for (var i = 1; i <= 3; i++)
        {
            await _runs.CreateAsync(dataset, Some.Run($"run-{i}"), null, default);
            RunLease? lease = null;
            await WokenUntilAsync(queue, async () => (lease = await _runs.TryClaimAsync("t", Long, default)) is not null);
            await _runs.PublishAsync(lease!, [1], Some.Manifest(), default);
            await database.Get<ModelStore>().SetAliasAsync(dataset, "model", "champion", i, null, default);
            await WokenUntilAsync(
                models,
                async () => (await database.Get<ModelStore>().GetVersionByAliasAsync(dataset, "model", "champion", default)).Version == i);
        }
    }

    [Fact]
    public async Task A_watcher_of_one_run_is_not_woken_by_another()
    {
        var dataset = await Some.DatasetAsync(database);
        await _runs.CreateAsync(dataset, Some.Run("quiet"), null, default);
        await _runs.CreateAsync(dataset, Some.Run("loud"), null, default);
        using var loud = database.Get<RunEventListener>().Watch(dataset.Key, "loud");
        using var quiet = database.Get<RunEventListener>().Watch(dataset.Key, "quiet");

        // Both hear of the start and of the connection; after three events of one, the other has nothing left to hear.
        await _runs.RequestCancelAsync(dataset, "loud", default);
        await WokenUntilAsync(loud, async () => (await _runs.EventsAfterAsync(dataset.Key, "loud", 1, 1, default)).Count == 1);
        await using (var notify = database.Get<NpgsqlDataSource>().CreateCommand("SELECT pg_notify('labeler_run_events', $1)"))
        {
            notify.Parameters.Add(new NpgsqlParameter { Value = Channels.RunKey(dataset.Key, "loud") });

            // More signals than the start and the connection explain: it listens, and no connection is still to come.
            for (var heard = 0; heard < 3;)
            {
                await notify.ExecuteNonQueryAsync();
                heard += await loud.WaitAsync(TimeSpan.FromSeconds(1), default) ? 1 : 0;
            }

            while (await quiet.WaitAsync(TimeSpan.Zero, default))
            {
            }

            while (await loud.WaitAsync(TimeSpan.Zero, default))
            {
            }

            await notify.ExecuteNonQueryAsync();
        }

        Assert.True(await loud.WaitAsync(Long, default));
        Assert.False(await quiet.WaitAsync(TimeSpan.Zero, default));
        await _runs.RequestCancelAsync(dataset, "quiet", default);
    }

    private static async Task WokenUntilAsync(NotificationSubscription watch, Func<Task<bool>> reached)
    {
        do
        {
            Assert.True(await watch.WaitAsync(Long, default));
        }
        while (!await reached());
    }

    private async Task<RunLease> ClaimAsync() =>
        await _runs.TryClaimAsync("t", Long, default) ?? throw new InvalidOperationException("Nothing to claim.");
}
