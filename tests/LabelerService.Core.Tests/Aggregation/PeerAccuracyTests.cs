using LabelerService.Core.Aggregation;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation;

/// <summary>
/// Accuracies on three real crowds against those that Crowd-Kit reaches at its default settings. Its figures are rounded to a tenth of a percent,
/// and where votes are tied it draws once.
/// </summary>
public sealed class PeerAccuracyTests
{
    private const double Rounding = 0.001;

    [SharedDataTheory("aggregation")]
    [InlineData("dog", "wawa", 0.829)]
    [InlineData("dog", "zbs", 0.829)]
    [InlineData("dog", "glad", 0.834)]
    [InlineData("dog", "m_msr", 0.828)]
    [InlineData("dog", "mace", 0.830)]
    [InlineData("duck", "wawa", 0.759)]
    [InlineData("duck", "zbs", 0.759)]
    [InlineData("duck", "glad", 0.722)]
    [InlineData("duck", "m_msr", 0.713)]
    [InlineData("duck", "mace", 0.806)]
    [InlineData("product", "wawa", 0.897)]
    [InlineData("product", "zbs", 0.897)]
    [InlineData("product", "glad", 0.929)]
    [InlineData("product", "mace", 0.920)]
    // Where Crowd-Kit fails, on labelers who share hardly an item; the measure is majority vote.
    [InlineData("product", "m_msr", 0.897)]
    // No peer has it; the measure is about majority vote.
    [InlineData("product", "kos", 0.8955)]
    public void Algorithms_are_as_right_as_the_peer(string data, string id, double peer)
    {
        var crowd = CrowdLabels.Read(Path.Combine(SharedData.Folder("aggregation")!, data));
        var consensus = AggregatorCatalogue.Find(id)!.Create().Aggregate(new AggregationInput(crowd.Table), new AggregationControl());

        Assert.InRange(crowd.Accuracy(consensus.Posteriors), peer - Rounding, 1);
    }
}
