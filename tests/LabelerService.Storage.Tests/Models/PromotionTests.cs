using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Notifications;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Models;

public sealed class PromotionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly PromotionReason Because = new("it is better", "tester");

    private readonly ModelStore _store = database.Get<ModelStore>();
    private readonly PublishedVersions _published = new(database);

    [Fact]
    public async Task Rollbacks_walk_back_through_promotions_and_stop_at_the_first_champion()
    {
        var dataset = await _published.DatasetAsync(3);
        await _store.PromoteAsync(dataset, "model", 2, Because, null, default);
        await _store.PromoteAsync(dataset, "model", 3, Because, null, default);

        Assert.Equal(2, (await RollbackAsync(dataset)).ModelVersion);
        Assert.Equal(1, (await RollbackAsync(dataset)).ModelVersion);
        var exception = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => RollbackAsync(dataset));
        Assert.Equal("NO_PREVIOUS_CHAMPION", exception.Reason);

        // After a promotion the way back leads to what was champion then, not to what was rolled back from.
        await _store.PromoteAsync(dataset, "model", 3, Because, null, default);
        Assert.Equal(1, (await RollbackAsync(dataset)).ModelVersion);
        await Some.FailsAsync(ErrorKind.FailedPrecondition, () => RollbackAsync(dataset));
    }

    [Fact]
    public async Task The_history_says_what_moved_who_did_it_and_why()
    {
        var dataset = await _published.DatasetAsync(2);
        await _store.SetAliasAsync(dataset, "model", "candidate", 2, null, default, new PromotionReason("", "somebody"));
        await _store.PromoteAsync(dataset, "model", 2, Because, null, default);
        await RollbackAsync(dataset);
        await _store.DeleteAliasAsync(dataset, "model", "candidate", null, default, Because);

        var changes = await _store.ListChangesAsync(dataset, "model", null, 100, default);
        Assert.Equal(
            [
                (5, ModelChangeKind.AliasDeleted, "candidate", 2, null, "tester"), (4, ModelChangeKind.RolledBack, "champion", 2, 1, "tester"),
                (3, ModelChangeKind.Promoted, "champion", 1, 2, "tester"), (2, ModelChangeKind.AliasSet, "candidate", null, 2, "somebody"),
            ],
            changes.Take(4).Select(change => (change.Number, change.Kind, change.Alias, change.FromVersion, change.ToVersion, change.Actor)));
        Assert.Equal((1, ModelChangeKind.Published, (int?)null, (int?)1), (changes[4].Number, changes[4].Kind, changes[4].FromVersion, changes[4].ToVersion));
        Assert.StartsWith("trainingRuns/run-", changes[4].Actor);
        Assert.Equal("it is better", changes[2].Reason);
        Assert.Equal([3L, 2L], (await _store.ListChangesAsync(dataset, "model", 4, 2, default)).Select(change => change.Number));
    }

    [Fact]
    public async Task Promoting_the_champion_again_changes_nothing()
    {
        var dataset = await _published.DatasetAsync(2);
        var first = await _store.PromoteAsync(dataset, "model", 2, Because, null, default);
        var again = await _store.PromoteAsync(dataset, "model", 2, Because, first.Version, default);
        Assert.Equal(first, again);
        Assert.Equal(2, (await _store.ListChangesAsync(dataset, "model", null, 100, default)).Count);
        Assert.Equal(1, (await RollbackAsync(dataset)).ModelVersion);
    }

    [Fact]
    public async Task Of_many_promotions_with_the_same_etag_one_succeeds()
    {
        var dataset = await _published.DatasetAsync(6);
        var etag = (await _store.ListAliasesAsync(dataset, "model", default)).Single().Version;
        var outcomes = await Task.WhenAll(Enumerable.Range(2, 5).Select(version => Task.Run(() => TryAsync(
            () => _store.PromoteAsync(dataset, "model", version, Because, etag, default)))));

        var winner = Assert.Single(outcomes.OfType<ModelAliasRecord>());
        Assert.All(outcomes.OfType<ServiceException>(), error => Assert.Equal((ErrorKind.Aborted, "ETAG_MISMATCH"), (error.Kind, error.Reason)));
        Assert.Equal(winner.ModelVersion, (await _store.GetRouteAsync(dataset, "model", default)).Aliases["champion"]);
        Assert.Equal(2, (await _store.ListChangesAsync(dataset, "model", null, 100, default)).Count);
    }

    [Fact]
    public async Task Of_many_rollbacks_with_the_same_etag_one_succeeds_and_without_one_each_goes_a_step()
    {
        var dataset = await _published.DatasetAsync(5);
        ModelAliasRecord? champion = null;
        for (var version = 2; version <= 5; version++)
        {
            champion = await _store.PromoteAsync(dataset, "model", version, Because, null, default);
        }

        var guarded = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => TryAsync(
            () => _store.RollbackAsync(dataset, "model", Because, champion!.Version, default)))));
        Assert.Equal(4, Assert.Single(guarded.OfType<ModelAliasRecord>()).ModelVersion);

        var free = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => TryAsync(() => RollbackAsync(dataset)))));
        Assert.Equal([1, 2, 3], free.OfType<ModelAliasRecord>().Select(alias => alias.ModelVersion).Order());
        Assert.Single(free.OfType<ServiceException>());
    }

    [Fact]
    public async Task Changes_at_once_are_numbered_without_gap_and_chain()
    {
        var dataset = await _published.DatasetAsync(4);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => TryAsync(() => (i % 3) switch
        {
            0 => _store.PromoteAsync(dataset, "model", 1 + (i % 4), Because, null, default),
            1 => RollbackAsync(dataset),
            _ => _store.SetAliasAsync(dataset, "model", "candidate", 1 + (i % 4), null, default),
        }))));

        var changes = (await _store.ListChangesAsync(dataset, "model", null, 100, default)).Reverse().ToList();
        Assert.Equal(Enumerable.Range(1, changes.Count).Select(i => (long)i), changes.Select(change => change.Number));
        foreach (var alias in changes.GroupBy(change => change.Alias))
        {
            var line = alias.ToList();
            Assert.Equal(line.SkipLast(1).Select(change => change.ToVersion), line.Skip(1).Select(change => change.FromVersion));
        }

        Assert.Equal(
            changes.Last(change => change.Alias == "champion").ToVersion, (await _store.GetRouteAsync(dataset, "model", default)).Aliases["champion"]);
    }

    [Fact]
    public async Task A_promotion_that_expects_another_champion_is_refused()
    {
        var dataset = await _published.DatasetAsync(3);
        await _store.PromoteAsync(dataset, "model", 2, Because, null, default, expectedChampion: 1);
        var exception = await Some.FailsAsync(
            ErrorKind.Aborted, "expected_champion", () => _store.PromoteAsync(dataset, "model", 3, Because, null, default, expectedChampion: 1));
        Assert.Equal("CHAMPION_CHANGED", exception.Reason);
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.PromoteAsync(dataset, "model", 9, Because, null, default));
        await Some.FailsAsync(ErrorKind.NotFound, "model", () => _store.PromoteAsync(dataset, "none", 1, Because, null, default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "reason", () => _store.PromoteAsync(dataset, "model", 3, new(new string('x', 1025), ""), null, default));
    }

    [Fact]
    public async Task A_canary_is_part_of_the_route_until_it_is_promoted_or_ended()
    {
        var dataset = await _published.DatasetAsync(3);
        await _store.SetCanaryAsync(dataset, "model", 2, 0.25, Because, null, default);
        var route = await _store.GetRouteAsync(dataset, "model", default);
        Assert.Equal((1, (int?)2, 0.25), (route.Aliases["champion"], route.CanaryVersion, route.CanaryShare));

        await _store.PromoteAsync(dataset, "model", 3, Because, null, default);
        Assert.Equal(2, (await _store.GetRouteAsync(dataset, "model", default)).CanaryVersion);
        await _store.PromoteAsync(dataset, "model", 2, Because, null, default);
        route = await _store.GetRouteAsync(dataset, "model", default);
        Assert.Equal((2, null, 0), (route.Aliases["champion"], route.CanaryVersion, route.CanaryShare));

        // A rollback to the version on trial ends the trial too.
        await _store.SetCanaryAsync(dataset, "model", 3, 0.5, Because, null, default);
        await RollbackAsync(dataset);
        Assert.Null((await _store.GetRouteAsync(dataset, "model", default)).CanaryVersion);

        await _store.SetCanaryAsync(dataset, "model", 1, 0.5, Because, null, default);
        await _store.ClearCanaryAsync(dataset, "model", Because, null, default);
        await _store.ClearCanaryAsync(dataset, "model", Because, null, default);
        Assert.Equal(
            [ModelChangeKind.CanaryEnded, ModelChangeKind.CanarySet, ModelChangeKind.CanaryEnded],
            (await _store.ListChangesAsync(dataset, "model", null, 3, default)).Select(change => change.Kind));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task A_share_that_is_none_is_refused(double share)
    {
        var dataset = await Some.DatasetAsync(database);
        await Some.FailsAsync(ErrorKind.InvalidArgument, "share", () => _store.SetCanaryAsync(dataset, "model", 1, share, Because, null, default));
    }

    [Fact]
    public async Task The_champion_cannot_be_its_own_canary_and_an_old_etag_does_not_count()
    {
        var dataset = await _published.DatasetAsync(2);
        await Some.FailsAsync(
            ErrorKind.FailedPrecondition, "version", () => _store.SetCanaryAsync(dataset, "model", 1, 0.5, Because, null, default));
        var etag = (await _store.GetAsync(dataset, "model", default)).Version;
        await _store.SetCanaryAsync(dataset, "model", 2, 0.5, Because, etag, default);
        await Some.FailsAsync(ErrorKind.Aborted, "etag", () => _store.ClearCanaryAsync(dataset, "model", Because, etag, default));
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.SetCanaryAsync(dataset, "model", 9, 0.5, Because, null, default));
    }

    [Fact]
    public async Task Every_change_wakes_the_servers()
    {
        var dataset = await _published.DatasetAsync(3);
        using var notices = database.Get<NotificationListener>().Subscribe(NotificationChannel.Models, dataset.Id);
        var steps = new (string Name, Func<Task> Change)[]
        {
            ("promote", () => _store.PromoteAsync(dataset, "model", 2, Because, null, default)),
            ("roll back", () => RollbackAsync(dataset)),
            ("canary", () => _store.SetCanaryAsync(dataset, "model", 2, 0.5, Because, null, default)),
            ("end of canary", () => _store.ClearCanaryAsync(dataset, "model", Because, null, default)),
            ("delete version", () => _store.DeleteVersionAsync(dataset, "model", 3, "tester", default)),
            ("delete model", () => _store.DeleteAsync(dataset, "model", true, null, "tester", default)),
        };

        // Once a notice comes that the start does not explain, listening has begun: a subscription signals at its start and when it listens.
        for (var heard = 0; heard < 3;)
        {
            await _store.SetAliasAsync(dataset, "model", "warm-up", 2, null, default);
            await _store.SetAliasAsync(dataset, "model", "warm-up", 3, null, default);
            heard += await notices.WaitAsync(TimeSpan.FromSeconds(1), default) ? 1 : 0;
        }

        while (await notices.WaitAsync(TimeSpan.FromMilliseconds(200), default))
        {
            // What is left of these.
        }

        await _store.DeleteAliasAsync(dataset, "model", "warm-up", null, default);
        Assert.True(await notices.WaitAsync(TimeSpan.FromSeconds(60), default), "delete alias");
        foreach (var (name, change) in steps)
        {
            await change();
            Assert.True(await notices.WaitAsync(TimeSpan.FromSeconds(60), default), name);
        }
    }

    private static async Task<object> TryAsync(Func<Task<ModelAliasRecord>> change)
    {
        try
        {
            return await change();
        }
        catch (ServiceException error)
        {
            return error;
        }
    }

    private Task<ModelAliasRecord> RollbackAsync(DatasetRecord dataset) => _store.RollbackAsync(dataset, "model", Because, null, default);
}
