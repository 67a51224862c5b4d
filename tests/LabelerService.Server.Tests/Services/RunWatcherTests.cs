using LabelerService.Core.Datasets;
using LabelerService.Server.Hosting;
using LabelerService.Server.Services;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace LabelerService.Server.Tests.Services;

/// <summary>Watching a run whose events come by way of other processes.</summary>
public sealed class RunWatcherTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Events_written_by_another_process_are_seen_once_and_in_order_and_so_are_those_whose_notice_was_lost()
    {
        var dataset = await database.Get<DatasetStore>().CreateAsync(
            new DatasetWrite("watched", new DatasetSchema(["a", "b"], LabelKind.Binary, ItemKind.Vector, [2])), null, default);
        await using var trainer = PostgresFixture.Storage(database.ConnectionString);
        var runs = trainer.GetRequiredService<RunStore>();
        await runs.CreateAsync(dataset, new RunWrite("run", "wdn", "model", 1, new Dictionary<string, string>()), null, default);
        var watcher = new RunWatcher(
            database.Get<RunStore>(), database.Get<RunEventListener>(), new Drain(new NeverStopping(), new ServerOptions(), TimeProvider.System));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await using var events = watcher.WatchAsync(dataset, "run", 0, limit.Token).GetAsyncEnumerator();

        Assert.Equal((1L, RunEventKind.Queued), await NextAsync());
        var lease = (await runs.TryClaimAsync("t", Lease, default))!;
        Assert.Equal((2L, RunEventKind.Started), await NextAsync());

        // Nobody is told of this one.
        await using (var connection = new NpgsqlConnection(database.ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                UPDATE training_runs SET last_sequence = 3;
                INSERT INTO training_run_events (dataset_id, run_id, sequence, kind, payload) SELECT dataset_id, run_id, 3, 3, '{}' FROM training_runs
                """,
                connection);
            await command.ExecuteNonQueryAsync();
        }

        Assert.Equal((3L, RunEventKind.Progress), await NextAsync());
        await runs.FailAsync(lease, "it ends", default);
        Assert.Equal((4L, RunEventKind.Failed), await NextAsync());
        Assert.False(await events.MoveNextAsync());

        // Whoever comes back after the end gets what is left, or nothing.
        Assert.Equal([4L], await ResumeAsync(3));
        Assert.Equal([], await ResumeAsync(4));

        async Task<(long, RunEventKind)> NextAsync()
        {
            Assert.True(await events.MoveNextAsync());
            return (events.Current.Sequence, events.Current.Kind);
        }

        async Task<List<long>> ResumeAsync(long after)
        {
            List<long> seen = [];
            await foreach (var happened in watcher.WatchAsync(dataset, "run", after, limit.Token))
            {
                seen.Add(happened.Sequence);
            }

            return seen;
        }
    }

    private sealed class NeverStopping : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
