using LabelerService.Core.Aggregation.CrowdLab;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Aggregation.CrowdLab;

public sealed class CrowdLabConsensusTests
{
    /// <summary>
    /// Two items with three labelers each: labels (0, 0, 1) and (1, 1, 1). Majorities 0 and 1. P = (2/3 + 1)/2 = 5/6; commonest class 1/2;
    /// the classifier agrees with one of two: w_M = (1 − 0.5/0.5)·√3, floored. Labelers 0 and 1 agree in 3 of 4 pairs: w = 1/2; labeler 2
    /// in 2 of 4: floored. Item 0: class 0 gets (½·5/6 + ½·5/6)/1 = 5/6.
    /// </summary>
    [Fact]
    public void Two_items_come_out_as_worked_out_by_hand()
    {
        var table = new AnnotationTable(2, 3, 2, [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], [0, 0, 1, 1, 1, 1]);
        var consensus = CrowdLabConsensus.Combine(table, [0.9, 0.1, 0.8, 0.2]);

        Assert.Equal([5.0 / 6, 1.0 / 6, 1.0 / 6, 5.0 / 6], consensus, (one, other) => Math.Abs(one - other) < 1e-3);
    }

    [Fact]
    public void The_classifier_decides_ties()
    {
        var table = new AnnotationTable(1, 2, 2, [0, 0], [0, 1], [0, 1]);
        var consensus = CrowdLabConsensus.Combine(table, [0.1, 0.9]);

        Assert.True(consensus[1] > 0.5);
    }

    [Fact]
    public void Without_repeated_labels_labelers_and_classifier_are_still_combined()
    {
        var table = new AnnotationTable(4, 2, 2, [0, 1, 2, 3], [0, 0, 1, 1], [0, 1, 1, 1]);
        var consensus = CrowdLabConsensus.Combine(table, [0.9, 0.1, 0.1, 0.9, 0.2, 0.8, 0.9, 0.1]);

        Assert.Equal(4, consensus.Sum(), 1e-9);
        Assert.True(consensus[0] > 0.5 && consensus[3] > 0.5 && consensus[5] > 0.5);
        // The classifier and the labeler who is wrong by it once disagree: neither is believed outright.
        Assert.InRange(consensus[6], 0.1, 0.9);
    }

    [Fact]
    public void Where_the_classifier_says_nothing_labelers_decide_and_the_other_way_round()
    {
        // Item 0: labelers only; 1: both; 2: classifier only; 3: nobody.
        var table = new AnnotationTable(4, 2, 2, [0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1]);
        var consensus = CrowdLabConsensus.Combine(table, [0, 0, 0.3, 0.7, 0.9, 0.1, 0, 0]);

        Assert.Equal(1, consensus[0]);
        Assert.Equal(((Math.Sqrt(2) * 0.7) + 2) / (Math.Sqrt(2) + 2), consensus[3], 1e-9);
        Assert.Equal([0.9, 0.1], consensus[4..6]);
        Assert.Equal((consensus[0] + consensus[2] + consensus[4]) / 3, consensus[6], 1e-12);
        Tables.AssertDistributions(consensus, 2);
    }

    [Fact]
    public void Without_classifier_and_repeated_items_votes_count_alike()
    {
        var table = new AnnotationTable(2, 2, 2, [0, 1], [0, 1], [0, 1]);

        Assert.Equal([1, 0, 0, 1], CrowdLabConsensus.Combine(table, new double[4]));
    }
}
