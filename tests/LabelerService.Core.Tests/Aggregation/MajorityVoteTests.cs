using CsCheck;
using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class MajorityVoteTests
{
    [Fact]
    public void Posteriors_are_shares_of_votes()
    {
        var table = Tables.Of(3, 3, 3, (0, 0, 1), (0, 1, 1), (0, 2, 2), (2, 0, 0));

        Assert.Equal([0, 2.0 / 3, 1.0 / 3, 1.0 / 3, 1.0 / 3, 1.0 / 3, 1, 0, 0], MajorityVote.Posteriors(table));
        Assert.Equal([0.25, 0.5, 0.25], MajorityVote.ClassShares(table));
    }

    [Fact]
    public void Items_without_votes_get_the_fallback() =>
        Assert.Equal([0.7, 0.3, 0, 1], MajorityVote.Posteriors(Tables.Of(2, 1, 2, (1, 0, 1)), [0.7, 0.3]));

    [Fact]
    public void A_fallback_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => MajorityVote.Posteriors(Tables.Of(1, 1, 2), [1.0]));

    [Fact]
    public void Posteriors_are_distributions_whatever_the_votes() => Tables.Any.Sample(table =>
        Tables.AssertDistributions(MajorityVote.Posteriors(table), table.ClassCount));
}
