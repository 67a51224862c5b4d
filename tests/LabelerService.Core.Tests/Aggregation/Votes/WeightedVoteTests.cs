using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Tests.Aggregation.Votes;

public sealed class WeightedVoteTests
{
    /// <summary>
    /// Labels (0, 0, 1), (1, 1, 0) and (0, −, 1), the last a tie. Labeler 0 agrees with the majority on two items and to one half on the third: 5/6;
    /// labeler 1 on both: 1; labeler 2 to one half on one of three: 1/6. Item 2: 5/6 against 1/6.
    /// </summary>
    [Fact]
    public void Wawa_comes_out_as_worked_out_by_hand()
    {
        var consensus = Run("wawa", Tables.Of(3, 3, 2, (0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 0, 1), (1, 1, 1), (1, 2, 0), (2, 0, 0), (2, 2, 1)));

        AssertClose([5.0 / 6, 1, 1.0 / 6], consensus.LabelerSkills!);
        AssertClose([11.0 / 12, 1.0 / 12, 1.0 / 12, 11.0 / 12, 5.0 / 6, 1.0 / 6], consensus.Posteriors);
    }

    /// <summary>
    /// The same table: after the first vote skills are as above (rate 1), then item 2 is labeler 0's, who is always right, and labeler 2 never:
    /// that repeats itself.
    /// </summary>
    [Fact]
    public void Zero_based_skill_goes_on_until_skills_and_votes_agree()
    {
        var consensus = Run("zbs", Tables.Of(3, 3, 2, (0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 0, 1), (1, 1, 1), (1, 2, 0), (2, 0, 0), (2, 2, 1)));

        AssertClose([1, 1, 0], consensus.LabelerSkills!);
        AssertClose([1, 0, 0, 1, 1, 0], consensus.Posteriors);
        Assert.True(consensus.Converged);
        Assert.Equal(3, consensus.Iterations);
    }

    /// <summary>Right on 3 of 4 known items; on the fifth the majority agrees: (3 + 2 · 1)/(4 + 2).</summary>
    [Fact]
    public void Known_items_weigh_more_than_agreement_with_others()
    {
        var table = Tables.Of(5, 2, 2, (0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 1), (4, 0, 1), (4, 1, 1));
        var consensus = AggregatorCatalogue.Find("wawa")!.Create().Aggregate(
            new AggregationInput(table) { Gold = new[] { 0, 0, 0, 0, -1 } }, new AggregationControl());

        AssertClose([5.0 / 6, 1], consensus.LabelerSkills!);
    }

    [Fact]
    public void Where_all_weights_are_zero_votes_count_alike()
    {
        var table = Tables.Of(2, 1, 2, (0, 0, 0), (1, 0, 1));
        var consensus = AggregatorCatalogue.Find("wawa")!.Create().Aggregate(
            new AggregationInput(table) { Gold = new[] { 1, -1 } }, new AggregationControl { MaxIterations = 1 });

        Assert.Equal([0, 1, 0, 1], consensus.Posteriors);
    }

    private static Consensus Run(string id, Core.Annotations.AnnotationTable table) =>
        AggregatorCatalogue.Find(id)!.Create().Aggregate(new AggregationInput(table), new AggregationControl());

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.Equal(expected, actual, (one, other) => Math.Abs(one - other) < 1e-12);
}
