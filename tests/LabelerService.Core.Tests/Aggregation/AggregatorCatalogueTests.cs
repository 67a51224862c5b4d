using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class AggregatorCatalogueTests
{
    [Fact]
    public void Ids_are_unique_and_found_and_the_default_is_among_them()
    {
        Assert.Equal(AggregatorCatalogue.All.Count, AggregatorCatalogue.All.Select(d => d.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.All(AggregatorCatalogue.All, d => Assert.Same(d, AggregatorCatalogue.Find(d.Id)));
        Assert.NotNull(AggregatorCatalogue.Find(AggregatorCatalogue.Default));
        Assert.Null(AggregatorCatalogue.Find("nothing"));
    }

    [Fact]
    public void Whatever_the_algorithm_known_classes_stay_known()
    {
        var table = Tables.Of(3, 2, 2, (0, 0, 0), (0, 1, 0), (1, 0, 1));
        foreach (var descriptor in AggregatorCatalogue.All)
        {
            var consensus = descriptor.Create().Aggregate(new AggregationInput(table) { Gold = new[] { 1, -1, 0 } }, new AggregationControl());

            Assert.Equal([0, 1], consensus.Posteriors[..2]);
            Assert.Equal([1, 0], consensus.Posteriors[4..]);
            Tables.AssertDistributions(consensus.Posteriors, 2);
        }
    }

    [Fact]
    public void Known_items_teach_what_their_labelers_are_worth()
    {
        // Two against one throughout; gold says that the one was right.
        (int, int, int)[] rows = [.. Enumerable.Range(0, 20).SelectMany(n => new (int, int, int)[] { (n, 0, n % 2), (n, 1, 1 - (n % 2)), (n, 2, 1 - (n % 2)) })];
        int[] gold = [.. Enumerable.Range(0, 20).Select(n => n < 10 ? n % 2 : -1)];
        foreach (var descriptor in AggregatorCatalogue.All.Where(d => d.UsesGold))
        {
            var consensus = descriptor.Create().Aggregate(
                new AggregationInput(Tables.Of(20, 3, 2, rows)) { Gold = gold }, new AggregationControl());

            Assert.Equal(Enumerable.Range(0, 20).Select(n => n % 2), consensus.Classes());
            Assert.True(consensus.LabelerSkills![0] > 0.8 && consensus.LabelerSkills[1] < 0.2, descriptor.Id);
        }
    }

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        var table = Tables.Of(2, 1, 2, (0, 0, 0));
        foreach (var input in (ReadOnlySpan<AggregationInput>)
            [
                new(table) { Gold = new[] { 1 } },
                new(table) { Gold = new[] { 1, 2 } },
                new(table) { ModelProbabilities = new[] { 0.5f, 0.5f } },
                new(table) { Previous = new Consensus { ClassCount = 3, Posteriors = [1, 0, 0], ClassPrior = [1, 0, 0], Iterations = 1, Converged = true } },
            ])
        {
            foreach (var descriptor in AggregatorCatalogue.All)
            {
                Assert.Throws<ArgumentException>(() => descriptor.Create().Aggregate(input, new AggregationControl()));
            }
        }
    }
}
