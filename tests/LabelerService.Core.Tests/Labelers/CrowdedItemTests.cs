using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Labelers;

namespace LabelerService.Core.Tests.Labelers;

public sealed class CrowdedItemTests
{
    [Fact]
    public void Items_of_thousands_of_labelers_keep_their_class_when_labelers_are_judged_anew()
    {
        // All evidence against the other classes is more than a double can hold.
        const int Items = 6, Labelers = 6000, Classes = 3;
        var random = new Random(3);
        var count = Items * Labelers;
        var (items, labelers, labels) = (new int[count], new int[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            (items[i], labelers[i]) = (i / Labelers, i % Labelers);
            var truth = items[i] % Classes;
            labels[i] = random.NextDouble() < 0.73 ? truth : (truth + 1 + random.Next(Classes - 1)) % Classes;
        }

        var table = new AnnotationTable(Items, Labelers, Classes, items, labelers, labels);
        var consensus = AggregatorCatalogue.Find("ds")!.Create().Aggregate(new AggregationInput(table), new AggregationControl());
        var others = new OthersConsensus(new LabelerAnalysisInput(table, consensus));
        double[] common = [0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8];
        var anew = others.WithConfusions(LabelerConfusions.FromMatrices(Classes, [.. Enumerable.Repeat(common, Labelers).SelectMany(matrix => matrix)], common));
        var distribution = new double[Classes];
        for (var item = 0; item < Items; item++)
        {
            anew.Without(table.RangeOfItem(item).Start, distribution);
            Assert.Equal(item % Classes, ClassDistributions.Top(distribution));
        }
    }
}
