using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Labelers;

namespace LabelerService.Core.Tests.Labelers;

public sealed class DriftOfEqualAnswersTests
{
    [Fact]
    public void Who_always_says_the_same_as_all_others_has_not_changed()
    {
        // All scores are one number but for rounding, whose sums look like a change that is many deviations large.
        const int Items = 1000, Labelers = 10;
        var count = Items * Labelers;
        var items = new int[count];
        var labelers = new int[count];
        var times = new long[count];
        var random = new Random(3);
        for (var i = 0; i < count; i++)
        {
            (items[i], labelers[i], times[i]) = (i / Labelers, i % Labelers, 1_700_000_000_000 + random.Next(100_000_000));
        }

        var table = new AnnotationTable(Items, Labelers, 3, items, labelers, new int[count]);
        var consensus = AggregatorCatalogue.Find(AggregatorCatalogue.Default)!.Create().Aggregate(new AggregationInput(table), new AggregationControl());
        var result = LabelerAnalysis.Run(new LabelerAnalysisInput(table, consensus) { Times = times });

        Assert.All(result.Labelers, report => Assert.Empty(report.Flags));
    }
}
