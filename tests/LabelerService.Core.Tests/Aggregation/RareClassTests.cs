using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class RareClassTests
{
    [Theory]
    [InlineData("ds")]
    [InlineData("one_coin")]
    [InlineData("mace")]
    [InlineData("glad")]
    public void Good_labelers_are_not_doubted_where_one_class_is_rare(string method)
    {
        const int Items = 1000, Labelers = 10, Rare = 2;
        var random = new Random(7);
        List<int> items = [], labelers = [], classes = [];
        for (var n = 0; n < Items; n++)
        {
            for (var r = 0; r < Labelers; r++)
            {
                items.Add(n);
                labelers.Add(r);
                classes.Add((n < Rare ? 1 : 0) ^ (random.NextDouble() < 0.01 ? 1 : 0));
            }
        }

        var table = new AnnotationTable(Items, Labelers, 2, items.ToArray(), labelers.ToArray(), classes.ToArray());
        var consensus = AggregatorCatalogue.Find(method)!.Create().Aggregate(new AggregationInput(table), new AggregationControl());

        Assert.Equal(Enumerable.Range(0, Items).Select(n => n < Rare ? 1 : 0), consensus.Classes());
        Assert.All(consensus.LabelerSkills!, skill => Assert.InRange(skill, 0.85, 1));
    }
}
