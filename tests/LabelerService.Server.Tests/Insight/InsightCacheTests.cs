using LabelerService.Core.Errors;
using LabelerService.Server.Insight;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Server.Tests.Insight;

public sealed class InsightCacheTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_state_is_read_once_for_all_who_ask_at_once_and_kept_for_those_who_come()
    {
        await using var server = new InsightServer(database);
        var dataset = await LoadAsync("cache-once");
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => server.Cache.CurrentAsync(dataset, null, default))));
        Assert.Single(all.Distinct());
        Assert.Same(all[0], await server.Cache.CurrentAsync(dataset, null, default));
        Assert.Equal(all[0].Bytes, server.Cache.Bytes);
    }

    [Fact]
    public async Task What_was_committed_before_a_call_is_in_its_answer_however_many_read_meanwhile()
    {
        await using var server = new InsightServer(database);
        var dataset = await LoadAsync("cache-fresh");
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await server.Cache.CurrentAsync(dataset, null, default);
            }
        })).ToArray();
        var before = (await server.Cache.CurrentAsync(dataset, null, default)).Data.Table.Count;
        for (var round = 1; round <= 25; round++)
        {
            await InsightServer.AnnotateAsync(database, dataset, [new AnnotationWrite("item-0", $"new-{round}", 0)]);
            Assert.Equal(before + round, (await server.Cache.CurrentAsync(dataset, null, default)).Data.Table.Count);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_list_goes_on_in_the_state_it_was_begun_with_until_that_is_gone()
    {
        await using var server = new InsightServer(database);
        var dataset = await LoadAsync("cache-pages");
        var first = await server.Cache.CurrentAsync(dataset, null, default);
        for (var change = 1; change <= 2; change++)
        {
            await InsightServer.AnnotateAsync(database, dataset, [new AnnotationWrite("item-0", $"new-{change}", 0)]);
            Assert.NotSame(first, await server.Cache.CurrentAsync(dataset, null, default));
            Assert.Same(first, await server.Cache.AtAsync(dataset, first.StateText, default));
        }

        await InsightServer.AnnotateAsync(database, dataset, [new AnnotationWrite("item-0", "new-3", 0)]);
        var now = await server.Cache.CurrentAsync(dataset, null, default);
        var gone = await Assert.ThrowsAsync<ServiceException>(() => server.Cache.AtAsync(dataset, first.StateText, default));
        Assert.Equal((ErrorKind.Aborted, "STATE_GONE"), (gone.Kind, gone.Reason));
        Assert.Equal("page_token", Assert.Single(gone.Violations).Field);

        // Another replica that has not read anything yet goes on where the dataset is still in that state.
        await using var other = new InsightServer(database);
        Assert.Equal(now.StateText, (await other.Cache.AtAsync(dataset, now.StateText, default)).StateText);
    }

    [Fact]
    public async Task Beyond_the_bound_what_was_asked_for_longest_ago_is_forgotten()
    {
        var datasets = new List<DatasetRecord>();
        for (var d = 0; d < 3; d++)
        {
            datasets.Add(await LoadAsync($"cache-bound-{d}"));
        }

        long one;
        await using (var measure = new InsightServer(database))
        {
            one = (await measure.Cache.CurrentAsync(datasets[0], null, default)).Bytes;
        }

        await using var server = new InsightServer(database, new InsightOptions { CacheBytes = (2 * one) + (one / 2) });
        var first = await server.Cache.CurrentAsync(datasets[0], null, default);
        var second = await server.Cache.CurrentAsync(datasets[1], null, default);
        Assert.Same(first, await server.Cache.CurrentAsync(datasets[0], null, default));
        await server.Cache.CurrentAsync(datasets[2], null, default);
        Assert.InRange(server.Cache.Bytes, one, (2 * one) + (one / 2));
        Assert.Same(first, await server.Cache.CurrentAsync(datasets[0], null, default));
        Assert.NotSame(second, await server.Cache.CurrentAsync(datasets[1], null, default));
    }

    [Fact]
    public async Task Results_count_and_what_was_asked_for_last_stays_however_large()
    {
        await using var server = new InsightServer(database, new InsightOptions { CacheBytes = 1 });
        var dataset = await LoadAsync("cache-large");
        var snapshot = await server.Cache.CurrentAsync(dataset, null, default);
        var bytes = snapshot.Bytes;
        await server.Engine.ConsensusAsync(snapshot, InsightServer.Key(), null, default);
        Assert.True(snapshot.Bytes > bytes);
        Assert.Same(snapshot, await server.Cache.CurrentAsync(dataset, null, default));

        await server.Cache.CurrentAsync(await LoadAsync("cache-larger"), null, default);
        Assert.NotSame(snapshot, await server.Cache.CurrentAsync(dataset, null, default));
    }

    [Fact]
    public async Task A_deleted_dataset_is_forgotten_and_one_too_large_is_never_read()
    {
        await using var server = new InsightServer(database);
        var dataset = await LoadAsync("cache-deleted");
        await server.Cache.CurrentAsync(dataset, null, default);
        await database.Get<DatasetStore>().DeleteAsync(dataset.Id, null, default);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<ServiceException>(() => server.Cache.CurrentAsync(dataset, null, default))).Kind);
        Assert.Equal(0, server.Cache.Bytes);

        await using var small = new InsightServer(database, new InsightOptions { MaxAnnotations = 10 });
        var large = await LoadAsync("cache-too-large");
        Assert.Equal("INSIGHT_TOO_LARGE", (await Assert.ThrowsAsync<ServiceException>(() => small.Cache.CurrentAsync(large, null, default))).Reason);
    }

    private Task<DatasetRecord> LoadAsync(string id) =>
        SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = id, Items = 60 }).LoadAsync(database.Services);
}
