using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Models;
using LabelerService.Storage.Retraining;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Tests.Runs;

namespace LabelerService.Storage.Tests.Retraining;

/// <summary>Decisions about candidates: one server at a time, written once, with the promotion or not at all.</summary>
public sealed class PromotionStoreTests(RunQueueTests.Databases databases) : PolicyFixture(databases)
{
    private static readonly PromotionNumbers Numbers = new("accuracy", PromotionBasis.Gold, Split.Test, 100, 0.5, 0.75, 0.25, 0.125, 0.375, 0.95, 0.001);
    private static readonly PromotionVerdict Better = new(PromotionOutcome.Promoted, "better", Numbers);

    private ModelStore Models => Database.Get<ModelStore>();

    [Fact]
    public async Task A_promotion_and_its_decision_are_written_together_and_once()
    {
        var candidate = await CandidateAsync();
        var lease = (await Promotions.TryTakeAsync(Lease, default))!;
        Assert.Equal((candidate, 1, 1), (lease.Open.Candidate!.Value, lease.Champion!.Value, lease.ChampionAtPublication!.Value));
        Assert.Null(await Promotions.TryTakeAsync(Lease, default));

        Assert.True(await Promotions.DecideAsync(Dataset, lease, Better, default));
        Assert.False(await Promotions.DecideAsync(Dataset, lease, Better with { Outcome = PromotionOutcome.Kept }, default));
        Assert.Null(await Promotions.TryTakeAsync(Lease, default));
        Assert.Equal(
            [("candidate", candidate), ("champion", candidate)],
            (await Models.ListAliasesAsync(Dataset, "model", default)).Select(alias => (alias.Alias, alias.ModelVersion)));
        var decision = Assert.Single(await Promotions.ListAsync(Dataset, Policy, null, 10, default));
        Assert.Equal((PromotionOutcome.Promoted, "better", candidate, 1), (decision.Outcome, decision.Reason, decision.Candidate, decision.Champion));
        Assert.Equal(Numbers, decision.Numbers);
        Assert.Equal("better", (await Models.ListChangesAsync(Dataset, "model", null, 1, default))[0].Reason);
        Assert.Equal(decision.RunId, (await Promotions.LatestAsync(Dataset, [Policy, "other"], default))[Policy].RunId);
    }

    [Fact]
    public async Task A_server_that_lost_its_lease_writes_nothing()
    {
        await CandidateAsync();
        var dead = (await Promotions.TryTakeAsync(TimeSpan.FromSeconds(-1), default))!;
        var living = (await Promotions.TryTakeAsync(Lease, default))!;
        Assert.Equal(2, living.Attempt);
        Assert.False(await Promotions.RenewAsync(dead, Lease, default));
        Assert.False(await Promotions.DecideAsync(Dataset, dead, Better, default));
        Assert.Equal(1, (await Models.GetVersionByAliasAsync(Dataset, "model", ModelAliases.Champion, default)).Version);
        Assert.True(await Promotions.DecideAsync(Dataset, living, new PromotionVerdict(PromotionOutcome.Kept, "no better", Numbers), default));
        Assert.Equal(1, (await Models.GetVersionByAliasAsync(Dataset, "model", ModelAliases.Champion, default)).Version);
    }

    [Fact]
    public async Task A_champion_that_changed_meanwhile_is_not_replaced_and_the_decision_stays_open()
    {
        await CandidateAsync();
        var lease = (await Promotions.TryTakeAsync(Lease, default))!;
        await Runs.CreateAsync(Dataset, Some.Run("third"), null, default);
        var third = await TrainAsync();
        await Models.PromoteAsync(Dataset, "model", third, new PromotionReason("by hand", ""), null, default);

        var error = await Some.FailsAsync(ErrorKind.Aborted, () => Promotions.DecideAsync(Dataset, lease, Better, default));
        Assert.Equal("CHAMPION_CHANGED", error.Reason);
        Assert.Equal(third, (await Models.GetVersionByAliasAsync(Dataset, "model", ModelAliases.Champion, default)).Version);
        await Promotions.GiveBackAsync(lease, default);
        Assert.Equal(third, (await Promotions.TryTakeAsync(Lease, default))!.Champion);
    }

    [Fact]
    public async Task A_run_that_is_under_way_is_not_decided_about_and_one_that_failed_leaves_no_candidate()
    {
        await CreateAsync(Spec(newAnnotations: 1));
        await AnnotateAsync(1);
        await LookAsync();
        Assert.Null(await Promotions.TryTakeAsync(Lease, default));
        var run = (await Runs.TryClaimAsync("t", Lease, default))!;
        Assert.Null(await Promotions.TryTakeAsync(Lease, default));
        await Runs.FailAsync(run, "no memory", default);
        var lease = (await Promotions.TryTakeAsync(Lease, default))!;
        Assert.Equal((RunState.Failed, "no memory", (int?)null), (lease.RunState, lease.RunError, lease.Open.Candidate));
        Assert.True(await Promotions.DecideAsync(Dataset, lease, new PromotionVerdict(PromotionOutcome.NoCandidate, "failed", null), default));
    }

    [Fact]
    public async Task Decisions_page_newest_first_and_go_with_their_policy()
    {
        await CandidateAsync();
        await AnnotateAsync(5);
        await LookAsync();
        var all = await Promotions.ListAsync(Dataset, Policy, null, 10, default);
        Assert.Equal(2, all.Count);
        Assert.True(all[0].CreateTime > all[1].CreateTime);
        Assert.Equal([all[1].RunId], (await Promotions.ListAsync(Dataset, Policy, (all[0].CreateTime, all[0].RunId), 10, default)).Select(d => d.RunId));
        await Policies.DeleteAsync(Dataset, Policy, null, default);
        Assert.Equal(0, await CountAsync("promotion_decisions"));
        Assert.Null(await Promotions.TryTakeAsync(Lease, default));
    }

    /// <summary>A champion that somebody trained, and a candidate that the policy's run published.</summary>
    private async Task<int> CandidateAsync()
    {
        await Runs.CreateAsync(Dataset, Some.Run("champion"), null, default);
        await TrainAsync();
        await CreateAsync(Spec(newAnnotations: 5));
        await AnnotateAsync(5);
        Assert.NotNull(await LookAsync());
        return await TrainAsync();
    }
}
