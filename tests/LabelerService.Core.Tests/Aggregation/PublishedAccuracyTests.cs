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
}
