using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Spectral;
using LabelerService.Core.Parallelism;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.Spectral;

public sealed class MsrTests
{
    [Fact]
    public void Agreements_are_those_counted_pair_by_pair()
    {
        var random = new Random(9);
        for (var trial = 0; trial < 50; trial++)
        {
            var input = AggregatorCases.Random(random);
            var table = input.Table;
            if (Enumerable.Range(0, table.ItemCount).Any(n => table.RangeOfItem(n).End - table.RangeOfItem(n).Start > 33))
            {
                continue;
            }

            var agreements = new LabelerAgreements(input, new Blocks(1, default));
            for (var r = 0; r < table.LabelerCount; r++)
            {
                var expected = new List<LabelerAgreement>();
                for (var other = 0; other <= table.LabelerCount; other++)
                {
                    var (shared, agreed) = (0, 0);
                    foreach (var i in table.PositionsOfLabeler(r))
                    {
                        var (start, end) = table.RangeOfItem(table.Items[i]);
                        for (var j = start; j < end && other != r; j++)
                        {
                            shared += table.Labelers[j] == other ? 1 : 0;
                            agreed += table.Labelers[j] == other && table.Classes[j] == table.Classes[i] ? 1 : 0;
                        }

                        if (other == table.LabelerCount && input.IsGold(table.Items[i], out var known))
                        {
                            shared++;
                            agreed += known == table.Classes[i] ? 1 : 0;
                        }
                    }

                    if (shared > 0)
                    {
                        expected.Add(new LabelerAgreement(other, shared, agreed));
                    }
                }

                Assert.Equal(expected, agreements.Of(r).ToArray());
            }
        }
    }

    /// <summary>An item with 700 annotations: each is compared with 32 others, both ways.</summary>
    [Fact]
    public void Crowded_items_are_compared_with_neighbours_only()
    {
        var table = Tables.Of(1, 700, 2, [.. Enumerable.Range(0, 700).Select(r => (0, r, r % 2))]);
        var agreements = new LabelerAgreements(new AggregationInput(table), new Blocks(1, default));
        for (var r = 0; r < 700; r++)
        {
            var others = agreements.Of(r).ToArray();
            Assert.Equal(32, others.Length);
            Assert.All(others, other =>
            {
                Assert.InRange(Math.Min((other.Other - r + 700) % 700, (r - other.Other + 700) % 700), 1, 16);
                Assert.Equal((other.Other - r) % 2 == 0 ? 1 : 0, other.Agreed);
            });
        }
    }

    /// <summary>
    /// Labelers who agree exactly as their skills s say: on (1 + s_i s_j)/2 of 100,000 common items, two classes. Made up: the first two never
    /// agree, which looks like two who are always right and always wrong.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_rank_one_matrix_is_completed_though_entries_are_missing_or_made_up(bool madeUp)
    {
        double[] skills = [0.9, 0.8, 0.5, 0.4, 0.6, 0.7, 0.3, 0.9, 0.8, 0.5, 0.6];
        var rows = new LabelerAgreement[skills.Length][];
        for (var i = 0; i < skills.Length; i++)
        {
            // A third of the pairs was never seen.
            rows[i] = [.. Enumerable.Range(0, skills.Length).Where(j => j != i && (i + j) % 3 != 0).Select(j =>
                new LabelerAgreement(j, 100_000, madeUp && i + j == 1 ? 0 : (int)Math.Round((1 + (skills[i] * skills[j])) * 50_000)))];
        }

        var completion = new RankOneCompletion(
            new LabelerAgreements(rows), skills.Length, classes: 2, smallest: 0.01, new RankOneOptions { Outliers = 0.2 });
        var sizes = completion.Sizes(new Blocks(1, default), new AggregationControl());

        Assert.True(completion.Converged);
        Assert.Equal(skills, sizes, (one, other) => Math.Abs(one - other) < (madeUp ? 0.02 : 1e-4));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Skills_of_a_simulated_crowd_are_found_again_adversaries_included(int classes)
    {
        double[] accuracies = [0.05, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
        var crowd = CrowdLabels.Simulate(2000, classes, 5, [.. accuracies.Select(a => CrowdLabels.OneCoin(classes, a))], seed: 2);
        var consensus = AggregatorCatalogue.Find("m_msr")!.Create().Aggregate(new AggregationInput(crowd.Table), new AggregationControl());

        // Pairs share about 450 items: C has a standard error of 0.05, of which about nine pairs a labeler are averaged.
        Assert.Equal(accuracies, consensus.LabelerSkills!, (one, other) => Math.Abs(one - other) < 0.06);
        Assert.True(crowd.Accuracy(consensus.Posteriors) > crowd.Accuracy(MajorityVote.Posteriors(crowd.Table)));
    }

    [Fact]
    public void Who_shares_no_item_has_the_mean_skill_of_the_others_and_alone_everybody_counts_alike()
    {
        (int, int, int)[] shared = [.. from n in Enumerable.Range(0, 60) from r in Enumerable.Range(0, 3) select (n, r, n % (r + 2) == 0 ? 1 : n % 2)];
        var run = AggregatorCatalogue.Find("m_msr")!.Create();
        var consensus = run.Aggregate(new AggregationInput(Tables.Of(62, 4, 2, [.. shared, (60, 3, 1), (61, 3, 0)])), new AggregationControl());
        var alone = run.Aggregate(new AggregationInput(Tables.Of(2, 2, 2, (0, 0, 1), (1, 1, 0))), new AggregationControl());

        Assert.Equal(consensus.LabelerSkills![..3].Average(), consensus.LabelerSkills[3], 1e-12);
        Assert.Equal(alone.LabelerSkills![0], alone.LabelerSkills[1]);
        Assert.Equal([1, 0], alone.Classes());
    }

    [Fact]
    public void Known_items_tell_a_group_of_adversaries()
    {
        (int, int, int)[] rows = [.. from n in Enumerable.Range(0, 40) from r in Enumerable.Range(0, 3) select (n, r, 1 - (n % 2))];
        var table = Tables.Of(40, 3, 2, rows);
        var gold = Enumerable.Range(0, 40).Select(n => n < 6 ? n % 2 : -1).ToArray();
        var consensus = AggregatorCatalogue.Find("m_msr")!.Create().Aggregate(new AggregationInput(table) { Gold = gold }, new AggregationControl());

        Assert.All(consensus.LabelerSkills!, skill => Assert.True(skill < 0.1));
        Assert.Equal(Enumerable.Range(0, 40).Select(n => n % 2), consensus.Classes());
    }
}
