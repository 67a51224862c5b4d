using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class OnlineConfusionsTests
{
    private static readonly ConfusionEmOptions Precise = new() { Tolerance = 1e-10, MaxIterations = 2000 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_a_stream_of_changes_it_is_the_full_fit(bool hierarchical)
    {
        var options = hierarchical ? Precise : ConfusionEmOptions.DawidSkene with { Tolerance = 1e-10, MaxIterations = 2000 };
        var crowd = Crowd(items: 500, labelers: 20, seed: 4);
        var random = new Random(7);
        // The last items and the last labelers come later; so do some of the other answers.
        var now = Rows(crowd.Table).ToHashSet();
        var before = now.Where(row => row.Item < 450 && row.Labeler < 18 && random.Next(20) > 0).ToHashSet();
        var table = Tables.Of(450, 18, 3, [.. before]);
        var online = OnlineConfusions.From(new AggregationInput(table), Consensus(ConfusionEm.Fit(table, options)), options, tolerance: 1e-5);
        foreach (var (item, labeler, label) in now.Except(before).OrderBy(_ => random.Next()))
        {
            online.Set(item, labeler, label);
        }

        // Ten change their mind, ten take their answer back, and ten golds are told.
        foreach (var row in now.Take(10).ToArray())
        {
            var other = row with { Class = (row.Class + 1) % 3 };
            now.Remove(row);
            now.Add(other);
            online.Set(other.Item, other.Labeler, other.Class);
        }

        foreach (var row in now.Skip(1000).Take(10).ToArray())
        {
            now.Remove(row);
            Assert.True(online.Remove(row.Item, row.Labeler));
        }

        var gold = new int[500];
        Array.Fill(gold, -1);
        for (var n = 100; n < 110; n++)
        {
            gold[n] = crowd.Gold[n];
            online.SetGold(n, gold[n]);
        }

        Assert.True(online.Update());

        var full = Full(Tables.Of(500, 20, 3, [.. now]), gold, options);
        var snapshot = online.Snapshot();
        Assert.Equal(now.Count, online.Count);
        AssertClose(full, snapshot, 1e-3);
    }

    [Fact]
    public void Annotations_streamed_from_nothing_end_at_the_full_fit()
    {
        var crowd = Crowd(items: 300, labelers: 10, seed: 9);
        var online = new OnlineConfusions(3, Precise) { Tolerance = 1e-5 };
        var n = 0;
        foreach (var (item, labeler, label) in Rows(crowd.Table).OrderBy(row => row.Labeler))
        {
            online.Set(item, labeler, label);
            if (++n % 200 == 0)
            {
                online.Update();
            }
        }

        Assert.True(online.Update());
        AssertClose(Full(crowd.Table, [], Precise), online.Snapshot(), 1e-3);
    }

    [Fact]
    public void What_one_annotation_costs_does_not_grow_with_the_data()
    {
        (long Visits, long Checks) Cost(int items)
        {
            var crowd = Crowd(items, labelers: items / 10, seed: 3);
            var online = OnlineConfusions.From(new AggregationInput(crowd.Table), Consensus(ConfusionEm.Fit(crowd.Table, Precise)), Precise);
            Assert.Equal((0, 0), (online.ItemVisits, online.ItemChecks));
            for (var n = 0; n < 20; n++)
            {
                online.Set(n, n % online.LabelerCount, crowd.Gold[n]);
                Assert.True(online.Update());
            }

            return (online.ItemVisits, online.ItemChecks);
        }

        // 50 answers a labeler either way: as many neighbours. Measured 5,100 and 9,200 visits, of which a few changes take most.
        var (small, large) = (Cost(1000), Cost(8000));
        Assert.True(large.Visits < 3 * small.Visits, $"{small} and {large}");
        Assert.True(large.Checks < 3 * small.Checks, $"{small} and {large}");
        Assert.True(large.Visits < 20 * 8000 / 8, $"{large}");
    }

    [Fact]
    public void Annotations_that_came_and_went_leave_nothing_behind()
    {
        var crowd = Crowd(items: 100, labelers: 8, seed: 5);
        var fit = Consensus(ConfusionEm.Fit(crowd.Table, Precise));
        var online = OnlineConfusions.From(new AggregationInput(crowd.Table), fit, Precise, tolerance: 1e-5);
        var random = new Random(2);
        for (var i = 0; i < 2000; i++)
        {
            var (item, labeler) = (random.Next(100), 8 + random.Next(4));
            online.Set(item, labeler, random.Next(3));
            if (i % 100 == 0)
            {
                online.Update();
            }
        }

        for (var n = 0; n < 100; n++)
        {
            for (var r = 8; r < 12; r++)
            {
                online.Remove(n, r);
            }
        }

        Assert.True(online.Update());
        Assert.Equal(crowd.Table.Count, online.Count);
        var snapshot = online.Snapshot();
        for (var i = 0; i < fit.Posteriors.Length; i++)
        {
            Assert.Equal(fit.Posteriors[i], snapshot.Posteriors[i], 1e-3);
        }
    }

    [Fact]
    public void A_model_places_items_without_annotations_and_weighs_on_the_others()
    {
        var crowd = Crowd(items: 200, labelers: 8, seed: 6);
        var random = new Random(3);
        float[] model = [.. crowd.Gold.SelectMany((g, n) => Enumerable.Range(0, 3).Select(k => n % 5 == 0 ? 0f : k == g ? 0.6f : 0.2f))];
        var input = new AggregationInput(crowd.Table) { ModelProbabilities = model };
        var descriptor = AggregatorCatalogue.Find("model")!;
        var fit = descriptor.Create().Aggregate(input, new AggregationControl { MaxIterations = 1000 });
        var online = OnlineConfusions.From(input, fit, tolerance: 1e-5);
        var rows = Rows(crowd.Table).ToList();
        foreach (var row in rows.Take(30))
        {
            online.Remove(row.Item, row.Labeler);
        }

        Assert.True(online.Update());

        var rest = input with { Table = Tables.Of(200, 8, 3, [.. rows.Skip(30)]) };
        AssertClose(descriptor.Create().Aggregate(rest, new AggregationControl { MaxIterations = 1000 }), online.Snapshot(), 1e-3);
        Assert.Equal(0.6, online.Snapshot().Posteriors[3 + crowd.Gold[1]], 1e-6);
    }

    [Fact]
    public void Whatever_comes_everything_is_a_distribution() =>
        Gen.Select(Gen.Int[1, 4], Gen.Select(Gen.Int[0, 6], Gen.Int[0, 4], Gen.Int[0, 3], Gen.Int[0, 9]).Array[0, 60]).Sample((classes, steps) =>
        {
            var online = new OnlineConfusions(classes);
            foreach (var (item, labeler, label, kind) in steps)
            {
                switch (kind)
                {
                    case 0:
                        online.SetGold(item, (label % (classes + 1)) - 1);
                        break;
                    case 1:
                        online.Remove(item, labeler);
                        break;
                    case 2:
                        online.Update();
                        break;
                    default:
                        online.Set(item, labeler, label % classes);
                        break;
                }
            }

            online.Update();
            var snapshot = online.Snapshot();
            Tables.AssertDistributions(snapshot.Posteriors, classes);
            Tables.AssertDistributions(snapshot.ClassPrior, classes);
            Assert.All(snapshot.LabelerSkills!, skill => Assert.InRange(skill, 0, 1));
        });

    [Fact]
    public void Cancelled_it_can_go_on_later()
    {
        var crowd = Crowd(items: 50, labelers: 5, seed: 8);
        var online = new OnlineConfusions(3);
        foreach (var (item, labeler, label) in Rows(crowd.Table))
        {
            online.Set(item, labeler, label);
        }

        Assert.Throws<OperationCanceledException>(() => online.Update(new AggregationControl { Cancel = new CancellationToken(canceled: true) }));
        Assert.False(online.Update(new AggregationControl { MaxIterations = 1 }));
        Assert.True(online.Update());
        Assert.True(online.Snapshot().Converged);
    }

    private static CrowdLabels Crowd(int items, int labelers, int seed)
    {
        var random = new Random(seed);
        return CrowdLabels.Simulate(
            items, 3, 5, [.. Enumerable.Range(0, labelers).Select(_ => CrowdLabels.OneCoin(3, 0.55 + (0.4 * random.NextDouble())))], seed);
    }

    private static IEnumerable<(int Item, int Labeler, int Class)> Rows(AnnotationTable table) =>
        Enumerable.Range(0, table.Count).Select(i => (table.Items[i], table.Labelers[i], table.Classes[i]));

    private static Consensus Consensus(AggregationResult result) => new()
    {
        ClassCount = result.ClassCount,
        Posteriors = result.Posteriors,
        ClassPrior = result.ClassPrior,
        Confusions = result.Confusions,
        Iterations = result.Iterations,
        Converged = result.Converged,
    };

    private static Consensus Full(AnnotationTable table, int[] gold, ConfusionEmOptions options) =>
        new Core.Aggregation.Confusions.ConfusionAggregator(
            Core.Aggregation.Confusions.ConfusionFitOptions.Of(options),
            t => Core.Aggregation.Confusions.LabelerStep.Create(t, options.Confusions), usesModel: false)
            .Aggregate(new AggregationInput(table) { Gold = gold }, new AggregationControl());

    private static void AssertClose(Consensus expected, Consensus actual, double tolerance)
    {
        Assert.Equal(expected.Posteriors.Length, actual.Posteriors.Length);
        for (var i = 0; i < expected.Posteriors.Length; i++)
        {
            Assert.Equal(expected.Posteriors[i], actual.Posteriors[i], tolerance);
        }

        for (var r = 0; r < expected.LabelerSkills!.Length; r++)
        {
            Assert.Equal(expected.LabelerSkills[r], actual.LabelerSkills![r], tolerance);
        }
    }
}
