using LabelerService.Core.Datasets;
using LabelerService.Server.Retraining;
using LabelerService.Storage.Retraining;

namespace LabelerService.Server.Tests.Retraining;

public sealed class PromotionRuleTests
{
    [Theory]
    [InlineData(0.01, 0.10, 0.04, true)]
    [InlineData(0.00, 0.10, 0.04, false)]
    [InlineData(-0.02, 0.10, 0.04, false)]
    [InlineData(0.01, 0.10, 0.06, false)]
    [InlineData(-0.10, -0.01, 0.001, false)]
    public void A_candidate_is_better_if_interval_and_test_say_so(double lower, double upper, double p, bool better) =>
        Assert.Equal(better, PromotionDecider.IsBetter(Numbers(lower, upper, p)));

    [Theory]
    [InlineData(0.01, true)]
    [InlineData(-0.01, false)]
    [InlineData(double.NaN, false)]
    public void Without_gold_the_interval_decides(double lower, bool better) =>
        Assert.Equal(better, PromotionDecider.IsBetter(Numbers(lower, 1, null)));

    private static PromotionNumbers Numbers(double lower, double upper, double? p) =>
        new("accuracy", PromotionBasis.Gold, Split.Test, 100, 0.5, 0.6, 0.1, lower, upper, 0.95, p);
}
