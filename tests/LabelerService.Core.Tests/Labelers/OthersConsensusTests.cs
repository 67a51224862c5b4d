using LabelerService.Core.Aggregation;
using LabelerService.Core.Labelers;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Labelers;

public sealed class OthersConsensusTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Is_the_product_over_the_others(bool withConfusions)
    {
        var random = new Random(3);
        var table = Tables.Of(2, 4, 3, (0, 0, 1), (0, 1, 2), (0, 2, 1), (1, 0, 0), (1, 3, 2), (0, 3, 0));
        var matrices = Tables.Distributions(random, 4 * 3, 3);
        var prior = Tables.Distributions(random, 1, 3);
        var confusions = LabelerConfusions.FromMatrices(3, matrices, Tables.Distributions(random, 3, 3));
        var posteriors = new double[6];
        ConfusionEm.EStep(table, prior, confusions, posteriors);
        var consensus = new Consensus
        {
            ClassCount = 3,
            Posteriors = posteriors,
            ClassPrior = prior,
            Confusions = withConfusions ? confusions : null,
            Iterations = 1,
            Converged = true,
        };
        var others = new OthersConsensus(new LabelerAnalysisInput(table, consensus));
        var (start, end) = table.RangeOfItem(0);
        for (var i = start; i < end; i++)
        {
            for (var j = -1; j < end; j++)
            {
                var expected = (double[])prior.Clone();
                for (var at = start; at < end; at++)
                {
                    for (var k = 0; k < 3 && at != i && at != j; k++)
                    {
                        expected[k] *= others.Confusions.Probability(table.Labelers[at], k, table.Classes[at]);
                    }
                }

                var sum = expected.Sum();
                var actual = new double[3];
                others.Without(0, i, j == i ? -1 : j, actual);
                Assert.All(actual, (p, k) => Assert.Equal(expected[k] / sum, p, 1e-10));
            }
        }
    }

    [Fact]
    public void Other_confusions_take_the_place_of_the_old_and_leave_the_prior()
    {
        var random = new Random(5);
        var table = Tables.Of(3, 3, 2, (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 2, 1), (2, 1, 1));
        var prior = Tables.Distributions(random, 3, 2);
        LabelerConfusions Draw() => LabelerConfusions.FromMatrices(2, Tables.Distributions(random, 6, 2), Tables.Distributions(random, 2, 2));
        var (old, now) = (Draw(), Draw());
        double[] before = new double[6], after = new double[6];
        ConfusionEm.EStep(table, prior, old, before);
        ConfusionEm.EStep(table, prior, now, after);
        Consensus Of(double[] posteriors, LabelerConfusions confusions) => new()
        {
            ClassCount = 2,
            Posteriors = posteriors,
            ClassPrior = [0.5, 0.5],
            Confusions = confusions,
            Iterations = 1,
            Converged = true,
        };
        var replaced = new OthersConsensus(new LabelerAnalysisInput(table, Of(before, old))).WithConfusions(now);
        var direct = new OthersConsensus(new LabelerAnalysisInput(table, Of(after, now)));
        for (var position = 0; position < table.Count; position++)
        {
            double[] a = new double[2], b = new double[2];
            replaced.Without(position, a);
            direct.Without(position, b);
            Assert.Equal(b[0], a[0], 1e-10);
        }
    }

    [Fact]
    public void Gold_is_certain_and_lonely_annotations_hear_nothing()
    {
        var table = Tables.Of(2, 2, 2, (0, 0, 1), (1, 0, 1), (1, 1, 0));
        var consensus = AggregatorCatalogue.Find("mv")!.Create().Aggregate(new AggregationInput(table), new AggregationControl());
        var blind = new OthersConsensus(new LabelerAnalysisInput(table, consensus));
        var seeing = new OthersConsensus(new LabelerAnalysisInput(table, consensus) { Gold = new[] { 0, -1 } });
        var distribution = new double[2];
        seeing.Without(0, distribution);

        Assert.False(blind.SaysSomething(0));
        Assert.True(blind.SaysSomething(1));
        Assert.True(seeing.SaysSomething(0));
        Assert.Equal([1.0, 0.0], distribution);
    }
}
