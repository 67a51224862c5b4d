using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class RareClassTests
{
    [Theory]
    [InlineData("hierarchical")]
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

    [Fact]
    public void The_default_is_no_worse_than_votes_where_few_labels_meet_a_rare_class()
    {
        const int Items = 1000, Labelers = 30, PerItem = 3, Rare = 20;
        var (byVotes, byDefault) = (0, 0);
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            List<int> items = [], labelers = [], classes = [];
            for (var n = 0; n < Items; n++)
            {
                var first = random.Next(Labelers);
                for (var j = 0; j < PerItem; j++)
                {
                    items.Add(n);
                    labelers.Add((first + j) % Labelers);
                    classes.Add((n < Rare ? 1 : 0) ^ (random.NextDouble() < 0.1 ? 1 : 0));
                }
            }

            var table = new AnnotationTable(Items, Labelers, 2, items.ToArray(), labelers.ToArray(), classes.ToArray());
            byVotes += Right(ClassDistributions.Tops(MajorityVote.Posteriors(table), 2));
            byDefault += Right(AggregatorCatalogue.Find(AggregatorCatalogue.Default)!.Create()
                .Aggregate(new AggregationInput(table), new AggregationControl()).Classes());
        }

        Assert.InRange(byDefault, byVotes, 8 * Items);

        static int Right(int[] classes) => classes.Index().Count(entry => entry.Item == (entry.Index < Rare ? 1 : 0));
    }
}
