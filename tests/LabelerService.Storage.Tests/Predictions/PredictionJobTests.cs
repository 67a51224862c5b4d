using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using LabelerService.Storage.Predictions;
using LabelerService.Storage.Tests.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Predictions;

/// <summary>The queue spans all datasets, so each test takes a database of its own.</summary>
public sealed class PredictionJobTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    /// <summary>A lease that has lapsed when it is granted: what a dead server leaves, without waiting for it.</summary>
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly ItemFilter Everything = new();

    private PostgresFixture _database = null!;
    private PredictionJobStore _store = null!;
    private DatasetRecord _dataset = null!;

    public async Task InitializeAsync()
    {
        _database = await databases.NextAsync();
        _store = _database.Get<PredictionJobStore>();
        _dataset = await Some.DatasetAsync(_database, items: 10, labelers: 1);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Servers_at_once_never_get_the_same_job_and_miss_none()
    {
        for (var i = 0; i < 24; i++)
        {
            await CreateAsync($"job-{i}");
        }

        var claimed = await Task.WhenAll(Enumerable.Range(0, 6).Select(server => Task.Run(async () =>
        {
            List<string> mine = [];
            while (await _store.TryClaimAsync($"server-{server}", Lease, default) is { } lease)
            {
                mine.Add(lease.Job.JobId);
            }

            return mine;
        })));
        Assert.Equal(
            Enumerable.Range(0, 24).Select(i => $"job-{i}").Order(StringComparer.Ordinal),
            claimed.SelectMany(ids => ids).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_job_goes_on_where_a_dead_server_stopped_and_the_dead_one_can_write_no_more()
    {
        await CreateAsync("job");
        var dead = await BeginAsync(Dead);
        var keys = await KeysAsync();
        await WriteAsync(dead, keys[..4], Dead);

        var next = await _store.TryClaimAsync("other", Lease, default);
        Assert.NotNull(next);
        Assert.Equal((keys[3], keys[^1], 10L, 4L), (next.DoneItemKey, next.LastItemKey, next.Job.ItemCount, next.Job.PredictedCount));
        var stale = await Assert.ThrowsAsync<ServiceException>(() => WriteAsync(dead, keys[4..6]));
        Assert.Equal("STALE_LEASE", stale.Reason);
        Assert.Equal("STALE_LEASE", (await Assert.ThrowsAsync<ServiceException>(() => _store.SucceedAsync(dead, default))).Reason);

        await WriteAsync(next, keys[4..]);
        await _store.SucceedAsync(next, default);
        var job = await _store.GetAsync(_dataset, "job", default);
        Assert.Equal((PredictionJobState.Succeeded, 10L), (job.State, job.PredictedCount));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"i{i}"), (await _store.ListPredictionsAsync(job, 0, 100, default)).Select(row => row.ItemId));
    }

    [Fact]
    public async Task A_job_whose_servers_die_before_any_block_fails_at_last_and_progress_starts_the_count_anew()
    {
        await CreateAsync("job");
        var keys = await KeysAsync();
        var lease = await BeginAsync(Dead);
        for (var death = 0; death < 5; death++)
        {
            await WriteAsync(lease, keys[death..(death + 1)], Dead);
            lease = (await _store.TryClaimAsync("s", Dead, default))!;
            Assert.NotNull(lease);
        }

        while (await _store.TryClaimAsync("s", Dead, default) is not null)
        {
            // Every claim dies at once.
        }

        var job = await _store.GetAsync(_dataset, "job", default);
        Assert.Equal((PredictionJobState.Failed, 5L), (job.State, job.PredictedCount));
        Assert.Contains("died", job.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Items_that_come_later_are_not_in_a_job_and_those_deleted_meanwhile_are_left_out()
    {
        await CreateAsync("job");
        var lease = await BeginAsync(Lease);
        var items = _database.Get<ItemStore>();
        await items.UpsertAsync(_dataset, [Some.Item("late")], null, default);
        var block = await items.ListFeaturesAsync(_dataset, Everything, lease.DoneItemKey, lease.LastItemKey!.Value, 100, default);
        Assert.Equal(10, block.Count);

        await items.DeleteAsync(_dataset, ["i3"], allowMissing: false, null, default);
        await WriteAsync(lease, [.. block.Select(item => item.Key)]);
        await _store.SucceedAsync(lease, default);
        var job = await _store.GetAsync(_dataset, "job", default);
        Assert.Equal((10L, 9L), (job.ItemCount, job.PredictedCount));
        var predicted = (await _store.ListPredictionsAsync(job, 0, 100, default)).Select(row => row.ItemId).ToArray();
        Assert.DoesNotContain("i3", predicted);

        // An item takes its predictions with it.
        await items.DeleteAsync(_dataset, ["i5"], allowMissing: false, null, default);
        Assert.Equal(8, await RowsAsync());
    }

    [Fact]
    public async Task A_filter_decides_which_items_count()
    {
        await _database.Get<ItemStore>().UpsertAsync(_dataset, [Some.Item("v", Core.Datasets.Split.Validation)], null, default);
        await CreateAsync("job");
        var filter = new ItemFilter(Core.Datasets.Split.Validation);
        var lease = await _store.BeginAsync(_dataset, (await _store.TryClaimAsync("s", Lease, default))!, filter, default);
        Assert.Equal(1, lease.Job.ItemCount);
        var block = await _database.Get<ItemStore>().ListFeaturesAsync(_dataset, filter, 0, lease.LastItemKey!.Value, 10, default);
        Assert.Equal("v", Assert.Single(block).ItemId);
    }

    [Fact]
    public async Task Cancelling_ends_a_waiting_job_at_once_and_tells_the_server_of_a_running_one()
    {
        await CreateAsync("waiting");
        Assert.Equal(PredictionJobState.Cancelled, (await _store.RequestCancelAsync(_dataset, "waiting", default)).State);

        await CreateAsync("running");
        var lease = await BeginAsync(Lease);
        Assert.False(await WriteAsync(lease, []));
        var asked = await _store.RequestCancelAsync(_dataset, "running", default);
        Assert.Equal((PredictionJobState.Running, true), (asked.State, asked.CancelRequested));
        Assert.True(await WriteAsync(lease, []));
        await _store.MarkCancelledAsync(lease, default);
        Assert.Equal(PredictionJobState.Cancelled, (await _store.RequestCancelAsync(_dataset, "running", default)).State);
    }

    [Fact]
    public async Task A_job_given_back_is_claimed_again_unless_it_is_to_be_cancelled()
    {
        await CreateAsync("job");
        var lease = await BeginAsync(Lease);
        await _store.ReleaseAsync(lease, default);
        lease = (await _store.TryClaimAsync("s", Lease, default))!;
        Assert.Equal("job", lease.Job.JobId);
        await _store.RequestCancelAsync(_dataset, "job", default);
        await _store.ReleaseAsync(lease, default);
        var job = await _store.GetAsync(_dataset, "job", default);
        Assert.Equal(PredictionJobState.Cancelled, job.State);
        Assert.NotNull(job.EndTime);
        Assert.Null(await _store.TryClaimAsync("s", Lease, default));
    }

    [Fact]
    public async Task Deleting_a_job_takes_its_predictions_and_stops_its_server()
    {
        await CreateAsync("job");
        var lease = await BeginAsync(Lease);
        var keys = await KeysAsync();
        await WriteAsync(lease, keys[..5]);
        await _store.DeleteAsync(_dataset, "job", default);
        Assert.Equal(0, await RowsAsync());
        Assert.Equal("STALE_LEASE", (await Assert.ThrowsAsync<ServiceException>(() => WriteAsync(lease, keys[5..]))).Reason);
        Assert.Equal(0, await RowsAsync());
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<ServiceException>(() => _store.GetAsync(_dataset, "job", default))).Kind);
    }

    [Fact]
    public async Task Deleting_a_dataset_takes_its_jobs_and_predictions()
    {
        await CreateAsync("job");
        var lease = await BeginAsync(Lease);
        await WriteAsync(lease, await KeysAsync());
        await _database.Get<DatasetStore>().DeleteAsync(_dataset.Id, null, default);
        Assert.Equal(0, await RowsAsync());
        Assert.Equal(0, await CountAsync("prediction_jobs"));
    }

    [Fact]
    public async Task A_repeated_request_gives_the_first_job()
    {
        var request = Some.Request();
        var first = await _store.CreateAsync(_dataset, Job("a"), request, default);
        var second = await _store.CreateAsync(_dataset, Job("b"), request, default);
        Assert.Equal(first.Uid, second.Uid);
        Assert.Single(await _store.ListAsync(_dataset, null, 10, default));
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first()
    {
        foreach (var id in (string[])["a", "c", "b"])
        {
            await CreateAsync(id);
        }

        var first = await _store.ListAsync(_dataset, null, 2, default);
        Assert.Equal(["b", "c"], first.Select(job => job.JobId));
        Assert.Equal(["a"], (await _store.ListAsync(_dataset, first[^1].Key, 2, default)).Select(job => job.JobId));
    }

    private static PredictionJobWrite Job(string id) => new(id, "m", 1, "datasets/d/models/m", "", new PredictionJobOutputs(true, true, false), "");

    private Task<PredictionJobRecord> CreateAsync(string id) => _store.CreateAsync(_dataset, Job(id), null, default);

    private async Task<PredictionJobLease> BeginAsync(TimeSpan lease) =>
        await _store.BeginAsync(_dataset, (await _store.TryClaimAsync("s", lease, default))!, Everything, default);

    private Task<bool> WriteAsync(PredictionJobLease lease, long[] keys) => WriteAsync(lease, keys, Lease);

    private Task<bool> WriteAsync(PredictionJobLease held, long[] keys, TimeSpan duration) => _store.WriteBlockAsync(
        _dataset, held, [.. keys.Select(key => new PredictionWrite(key, 1, new byte[12], 0.5f, 0.1f, new byte[24], new byte[8]))],
        keys.Length > 0 ? keys[^1] : held.DoneItemKey, duration, default);

    private async Task<long[]> KeysAsync() =>
        [.. (await _database.Get<ItemStore>().ListAsync(_dataset, Everything, 0, 100, default)).Select(item => item.Key)];

    private Task<long> RowsAsync() => CountAsync("predictions");

    private async Task<long> CountAsync(string table)
    {
        await using var command = _database.Get<NpgsqlDataSource>().CreateCommand($"SELECT count(*) FROM {table}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
