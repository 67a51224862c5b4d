using LabelerService.Benchmarks.Pretrain;
using LabelerService.Core.Metrics;
using LabelerService.TestKit.Crowds.Sequences;

namespace LabelerService.Benchmarks.Tests.Pretrain;

public sealed class RawFeaturesTests
{
    [Fact]
    public void Numbers_of_steps_are_no_features_and_padding_does_not_count_in_a_mean()
    {
        var set = new SequenceSet("two", 2, 3, 2, [1, 5, 7, 0, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6], [0, 1]);

        Assert.Equal([5, 7, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6], RawFeatures.Steps(set));
        Assert.Equal([5, 7, 3, 4], RawFeatures.MeanStep(set));
    }

    /// <summary>A task that a mean solves says nothing of a net that solves it.</summary>
    [Fact]
    public void The_mean_step_tells_how_often_symbols_come_and_nothing_of_their_order()
    {
        Assert.InRange(Agreement(PretrainBench.Make("symbols", 200, 1)), 0.8, 1.001);
        Assert.InRange(Agreement(PretrainBench.Make("order", 200, 1)), -0.1, 0.1);

        static double Agreement(SequenceSet set) =>
            PartitionAgreement.AdjustedMutualInformation(KMeans.Cluster(RawFeatures.MeanStep(set), set.Count, set.ClassCount, 1), set.Classes);
    }
}
