using LabelerService.Core.Aggregation;
using LabelerService.Core.Items;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Items;

public sealed class ItemDifficultyTests
{
    [Fact]
    public void Items_that_mislead_labelers_are_harder()
    {
        var (crowd, hard) = CalibratedPosteriorsTests.Misleading(items: 1500, share: 0.3, seed: 7);
        var input = new AggregationInput(crowd.Table);
        var report = ItemAnalysis.Run(input, new AggregatorOf("hierarchical").Aggregate(input));
        double[] difficult = [.. report.Difficulties.Where((_, n) => hard[n])], easy = [.. report.Difficulties.Where((_, n) => !hard[n])];

        // Share of pairs in the right order; with five labels an item 0.75 is about what the votes can tell.
        var order = easy.Order().ToArray();
        var better = difficult.Average(d => (double)(~Array.BinarySearch(order, d + 1e-12)) / order.Length);
        Assert.True(better > 0.75, $"{better}");
        // Five answers move an estimate that starts from the average little, and which class is the true one is not known.
        Assert.True(difficult.Average() > 1.1 * easy.Average(), $"{difficult.Average()} {easy.Average()}");
    }

    [Fact]
    public void An_experts_contradiction_makes_an_item_harder_than_a_spammers()
    {
        double[] expert = [0.95, 0.05, 0.05, 0.95], spammer = [0.5, 0.5, 0.5, 0.5];
        var confusions = LabelerConfusions.FromMatrices(2, [.. expert, .. expert, .. expert, .. spammer], expert);
        // Items 0 and 1: two experts say 0, and an expert, or a spammer, 1. Item 2: all agree. The rest sets how much items differ.
        var rows = new List<(int, int, int)> { (0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 0, 0), (1, 1, 0), (1, 3, 1), (2, 0, 0), (2, 1, 0), (2, 2, 0) };
        for (var n = 3; n < 60; n++)
        {
            rows.AddRange([(n, 0, n % 2), (n, 1, n % 2), (n, 2, n % 5 == 0 ? 1 - (n % 2) : n % 2)]);
        }

        var table = Tables.Of(61, 4, 2, [.. rows]);
        var posteriors = new double[61 * 2];
        ConfusionEm.EStep(table, [0.5, 0.5], confusions, posteriors);
        var report = ItemAnalysis.Run(
            new AggregationInput(table),
            new Consensus { ClassCount = 2, Posteriors = posteriors, ClassPrior = [0.5, 0.5], Confusions = confusions, Iterations = 1, Converged = true });

        Assert.True(report.Difficulties[0] > report.Difficulties[1] + 0.01, $"{report.Difficulties[0]} {report.Difficulties[1]}");
        Assert.True(report.Difficulties[1] > report.Difficulties[2]);
        // Item 60 has no annotation: as hard as items are, neither like the hardest nor like the easiest.
        Assert.InRange(report.Difficulties[60], report.Difficulties[2], report.Difficulties[0]);
    }

    [Fact]
    public void Difficulties_of_the_aggregation_come_first()
    {
        var table = Tables.Of(2, 2, 2, (0, 0, 0), (1, 1, 1));
        var input = new AggregationInput(table);
        var consensus = new AggregatorOf("mv").Aggregate(input) with { ItemDifficulties = [0.25, 1] };

        Assert.Equal([0.25, 1], ItemAnalysis.Run(input, consensus).Difficulties);
    }
}
