using LabelerService.Core.Aggregation;
using LabelerService.Core.Agreement;
using LabelerService.Server.Insight;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Server.Tests.Insight;

public sealed class InsightEngineTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_result_is_worked_out_once_for_all_who_ask_and_what_rests_on_it_uses_it()
    {
        await using var server = new InsightServer(database);
        var snapshot = await LoadAsync(server, "engine-once");
        var key = InsightServer.Key();
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => server.Engine.ConsensusAsync(snapshot, key, null, default))));
        Assert.Single(all.Select(insight => insight.Result).Distinct());
        var again = await server.Engine.ConsensusAsync(snapshot, key, null, default);
        Assert.True(again.WasThere);

        var view = await server.Engine.ViewLabelersAsync(snapshot, key, intervals: false, null, default);
        Assert.Same(again.Result, view.Consensus);
        Assert.False(view.WasThere);
        Assert.True((await server.Engine.ViewLabelersAsync(snapshot, key, intervals: false, null, default)).WasThere);
        Assert.NotSame(again.Result, (await server.Engine.ConsensusAsync(snapshot, InsightServer.Key("mv"), null, default)).Result);
    }

    [Fact]
    public async Task Giving_up_alone_stops_the_work_and_the_next_call_begins_it_anew()
    {
        await using var server = new InsightServer(database);
        var snapshot = await LoadAsync(server, "engine-cancel");
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.Engine.ConsensusAsync(snapshot, InsightServer.Key(), null, cancel.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => server.Engine.ViewLabelersAsync(snapshot, InsightServer.Key(), intervals: true, null, cancel.Token));
        var result = await server.Engine.ConsensusAsync(snapshot, InsightServer.Key(), null, default);
        Assert.True(result.Result.Consensus.Converged);
    }

    [Fact]
    public async Task After_more_annotations_results_are_those_of_a_server_that_starts_anew()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "engine-delta", Items = 400, Seed = 3 });
        var (dataset, rest) = await InsightServer.LoadPartAsync(database, crowd, 0.8);
        var methods = AggregatorCatalogue.All.Where(method => !method.NeedsModel && !method.NeedsOrdinal).Select(method => method.Id).ToArray();
        await using var server = new InsightServer(database);
        var before = await server.Cache.CurrentAsync(dataset, null, default);
        foreach (var method in methods)
        {
            Assert.False((await server.Engine.ConsensusAsync(before, InsightServer.Key(method), null, default)).Result.Incremental);
        }

        // New annotations of old items, new items and labelers, a revision, a retraction and gold.
        await InsightServer.AnnotateAsync(database, dataset, rest.Take(rest.Count / 2));
        await InsightServer.AnnotateAsync(
            database, dataset,
            [
                .. rest.Skip(rest.Count / 2), new AnnotationWrite("later", "newcomer", 1), new AnnotationWrite(rest[0].ItemId, rest[0].LabelerId, 2),
                AnnotationWrite.Retraction(rest[1].ItemId, rest[1].LabelerId),
            ]);
        await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("later", 2)], null, default);

        var after = await server.Cache.CurrentAsync(dataset, null, default);
        await using var fresh = new InsightServer(database);
        var anew = await fresh.Cache.CurrentAsync(dataset, null, default);
        Assert.Equal(anew.StateText, after.StateText);
        foreach (var method in methods)
        {
            var incremental = (await server.Engine.ConsensusAsync(after, InsightServer.Key(method), null, default)).Result;
            var full = (await fresh.Engine.ConsensusAsync(anew, InsightServer.Key(method), null, default)).Result;
            Assert.False(full.Incremental);
            Assert.Equal(full.Consensus.Posteriors.Length, incremental.Consensus.Posteriors.Length);
            if (!incremental.Incremental)
            {
                Assert.True(full.Consensus.Posteriors.AsSpan().SequenceEqual(incremental.Consensus.Posteriors), method);
            }

            // EM ends where it no longer moves much, which from two sides is not the same place to the last digit.
            var worst = full.Consensus.Posteriors.Zip(incremental.Consensus.Posteriors, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(worst < 0.02, $"{method}: {worst}");
            Assert.Equal(full.GoldAccuracy!.Value.Count, incremental.GoldAccuracy!.Value.Count);
        }

        foreach (var method in methods)
        {
            Assert.Equal(
                AggregatorCatalogue.Find(method)!.StartsFromPrevious,
                (await server.Engine.ConsensusAsync(after, InsightServer.Key(method), null, default)).Result.Incremental);
        }
    }

    [Fact]
    public async Task Known_classes_teach_where_asked_for_and_measure_otherwise()
    {
        await using var server = new InsightServer(database);
        var snapshot = await LoadAsync(server, "engine-gold");
        var measured = (await server.Engine.ConsensusAsync(snapshot, InsightServer.Key(), null, default)).Result;
        var known = (await server.Engine.ConsensusAsync(snapshot, InsightServer.Key(useGold: true), null, default)).Result;
        Assert.NotNull(measured.GoldAccuracy);
        Assert.InRange(measured.GoldAccuracy.Value.Successes / measured.GoldAccuracy.Value.Count, 0.7, 1);
        Assert.Null(known.GoldAccuracy);
        for (var item = 0; item < snapshot.Data.Gold.Length; item++)
        {
            Assert.True(snapshot.Data.Gold[item] < 0 || known.Classes[item] == snapshot.Data.Gold[item]);
        }

        // Either way it is counted how often a labeler names gold; by it a labeler is judged only where it is known.
        var byOthers = (await server.Engine.LabelersAsync(snapshot, measured.Key, null, default)).Result.Analysis.Labelers;
        var byGold = (await server.Engine.LabelersAsync(snapshot, known.Key, null, default)).Result.Analysis.Labelers;
        Assert.All(byOthers.Zip(byGold), pair => Assert.Equal(pair.First.GoldAccuracy, pair.Second.GoldAccuracy));
        Assert.All(byOthers.Zip(byGold), pair => Assert.NotEqual(pair.First.AgreementWithOthers, pair.Second.AgreementWithOthers));
    }

    [Fact]
    public async Task Of_nothing_there_are_defined_results_with_warnings()
    {
        await using var server = new InsightServer(database);
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "engine-empty", Items = 30 });
        var (dataset, _) = await InsightServer.LoadPartAsync(database, crowd, 0);
        var snapshot = await server.Cache.CurrentAsync(dataset, null, default);
        var items = await server.Engine.ViewItemsAsync(snapshot, InsightServer.Key(), intervals: true, null, default);
        Assert.All(items.Consensus.Consensus.Posteriors, p => Assert.Equal(1.0 / 3, p, 6));
        Assert.Contains(items.Consensus.Warnings, warning => warning.Code == "NO_ANNOTATIONS");
        var agreement = await server.Engine.AgreementAsync(snapshot, AgreementScale.Nominal, null, default);
        Assert.Null(agreement.Result.Report.KrippendorffAlpha.Value);
        Assert.Empty((await server.Engine.SuspectsAsync(snapshot, new SuspectsKey(InsightServer.Key(), 0), null, default)).Result.Annotations);
    }

    [Fact]
    public async Task Results_beyond_the_memory_allowed_are_forgotten_and_worked_out_again()
    {
        await using var server = new InsightServer(database, new InsightOptions { CacheBytes = 1 });
        var snapshot = await LoadAsync(server, "engine-forgets");
        var votes = new ConsensusKey("mv", "", 0, false);
        var data = snapshot.Bytes;
        await server.Engine.ConsensusAsync(snapshot, votes, null, default);
        var one = snapshot.Bytes - data;
        Assert.True((await server.Engine.ConsensusAsync(snapshot, votes, null, default)).WasThere);
        foreach (var method in new[] { "wawa", "zbs", "one_coin" })
        {
            await server.Engine.ConsensusAsync(snapshot, votes with { Method = method }, null, default);
            Assert.InRange(snapshot.Bytes, data, data + (2 * one));
        }

        Assert.False((await server.Engine.ConsensusAsync(snapshot, votes, null, default)).WasThere);
    }

    private async Task<InsightSnapshot> LoadAsync(InsightServer server, string id)
    {
        var dataset = await SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = id, Items = 200 }).LoadAsync(database.Services);
        return await server.Cache.CurrentAsync(dataset, null, default);
    }
}
