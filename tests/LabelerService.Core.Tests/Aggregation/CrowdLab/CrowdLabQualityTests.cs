using LabelerService.Core.Aggregation.CrowdLab;

namespace LabelerService.Core.Tests.Aggregation.CrowdLab;

public sealed class CrowdLabQualityTests
{
    /// <summary>
    /// Item 0 is named 0 by both labelers, item 1 is named 0 by labeler 0. w = 1.5/(1.5 + 1.5 · 0.75) = 4/7. Labeler 0: Q = (0.8 + 0.4)/2, A = 1
    /// (item 1 is nobody else's): a = 4/7 · 0.6 + 3/7. Labeler 1: a = 4/7 · 0.8 + 3/7. Labeler 2 has the mean, weighted 2 : 1.
    /// </summary>
    [Fact]
    public void Qualities_come_out_as_worked_out_by_hand()
    {
        var table = Tables.Of(2, 3, 2, (0, 0, 0), (0, 1, 0), (1, 0, 0));
        var fit = new CrowdLabFit([0.8, 0.2, 0.4, 0.6], [0.5, 1, 0.75], ModelWeight: 1.5, Likelihood: 0.9);

        Assert.Equal([0.8, 0.6], CrowdLabQuality.OfItems(fit.Posteriors, 2));
        Assert.Equal([0.8, 0.8, 0.4], CrowdLabQuality.OfAnnotations(table, fit.Posteriors));
        var labelers = CrowdLabQuality.OfLabelers(table, fit);
        Assert.Equal((4.0 / 7 * 0.6) + (3.0 / 7), labelers[0], 1e-12);
        Assert.Equal((4.0 / 7 * 0.8) + (3.0 / 7), labelers[1], 1e-12);
        Assert.Equal(((2 * labelers[0]) + labelers[1]) / 3, labelers[2], 1e-12);
    }

    [Fact]
    public void Without_a_classifier_agreement_alone_rates_labelers()
    {
        var table = Tables.Of(2, 3, 2, (0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 0, 1), (1, 1, 1), (1, 2, 1));
        var fit = CrowdLabConsensus.Fit(table, new double[4]);

        Assert.Equal(0, fit.ModelWeight);
        Assert.Equal([1, 1, 0.5], CrowdLabQuality.OfLabelers(table, fit));
    }
}
