using LabelerService.Core.Aggregation;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation;

/// <summary>Accuracies that others have published for three crowds (Zheng et al., Truth Inference in Crowdsourcing, VLDB 2017).</summary>
public sealed class PublishedAccuracyTests
{
    [SharedDataTheory("aggregation")]
    [InlineData("dog", 0.818, 0.843)]
    [InlineData("duck", 0.759, 0.889)]
    [InlineData("product", 0.897, 0.940)]
    public void Real_crowds_are_aggregated_as_published(string name, double majorityVote, double dawidSkene)
    {
        var crowd = CrowdLabels.Read(Path.Combine(SharedData.Folder("aggregation")!, name));

        var votes = crowd.Accuracy(MajorityVote.Posteriors(crowd.Table));
        var ds = crowd.Accuracy(ConfusionEm.Fit(crowd.Table, ConfusionEmOptions.DawidSkene).Posteriors);

        // Published votes break ties at random once; ours are the mean over all such draws.
        Assert.Equal(majorityVote, votes, 0.01);
        // One item of the 108 ducks is 0.9 %.
        Assert.Equal(dawidSkene, ds, 0.01);
    }

    [SharedDataTheory("aggregation")]
    // Measured with crowd-kit, shared/design/benchmarks.md.
    [InlineData("dog", "ds", 0.843)]
    [InlineData("duck", "ds", 0.889)]
    [InlineData("product", "ds", 0.940)]
    [InlineData("dog", "one_coin", 0.830)]
    [InlineData("duck", "one_coin", 0.583)]
    [InlineData("product", "one_coin", 0.908)]
    // No peer's: what the soft variant has, less a point.
    [InlineData("dog", "fast_ds", 0.833)]
    [InlineData("duck", "fast_ds", 0.879)]
    [InlineData("product", "fast_ds", 0.930)]
    [InlineData("dog", "hierarchical", 0.833)]
    [InlineData("duck", "hierarchical", 0.889)]
    [InlineData("product", "hierarchical", 0.930)]
    public void Algorithms_are_as_right_as_those_of_others(string name, string algorithm, double least)
    {
        var crowd = CrowdLabels.Read(Path.Combine(SharedData.Folder("aggregation")!, name));

        var consensus = AggregatorCatalogue.Find(algorithm)!.Create().Aggregate(new AggregationInput(crowd.Table), new AggregationControl());

        // The figures have three digits.
        Assert.True(crowd.Accuracy(consensus.Posteriors) > least - 0.0005, $"{crowd.Accuracy(consensus.Posteriors)}");
    }
}
