using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Items;
using LabelerService.Core.Tests.Aggregation;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Items;

public sealed class CalibratedPosteriorsTests
{
    [Theory]
    [InlineData(2, 50_000)]
    [InlineData(1000, 4000)]
    [InlineData(1_000_000, 4)]
    public void The_sample_that_finds_the_temperature_is_bounded_for_any_number_of_classes(int classes, int expected) =>
        Assert.Equal(expected, CalibratedPosteriors.SampleSize(classes));

    [Fact]
    public void Whatever_the_annotations_every_row_is_a_distribution_and_never_surer_than_its_method_allows() => Tables.Any.Sample(table =>
    {
        foreach (var method in (string[])["hierarchical", "mv", "ds"])
        {
            var input = new AggregationInput(table);
            var report = ItemAnalysis.Run(input, new AggregatorOf(method).Aggregate(input));

            Tables.AssertDistributions(report.Calibrated.Posteriors, table.ClassCount);
            Assert.InRange(report.Calibrated.Temperature, 1, CalibratedPosteriors.Highest);
            Assert.All(report.ProbabilitiesWrong, p => Assert.InRange(p, 0, 1));
            Assert.All(report.Difficulties, d => Assert.InRange(d, 0, 1));
            Assert.Equal(table.Count, report.AnnotationCounts.Sum());
        }
    }, iter: 150);

    [Fact]
    public void Labelers_who_err_on_their_own_need_no_temperature_and_errors_are_as_many_as_expected()
    {
        var crowd = CrowdLabels.Simulate(3000, 3, 4, Labelers(3, 0.55, 0.65, 0.75, 0.85), seed: 5);
        var input = new AggregationInput(crowd.Table);
        var report = ItemAnalysis.Run(input, new AggregatorOf("hierarchical").Aggregate(input));
        var errors = Enumerable.Range(0, 3000).Count(n => report.Classes[n] != crowd.Gold[n]);

        Assert.InRange(report.Calibrated.Temperature, 1, 1.25);
        // About 300 errors: their number is known to ±17 (one standard deviation); three of them, and what the temperature leaves open.
        Assert.InRange(report.ExpectedErrors / errors, 0.75, 1.35);
    }

    [Fact]
    public void Labelers_who_err_together_are_found_out_without_gold()
    {
        // A third of the items look like another class to most: the annotations of an item are far from independent.
        var (crowd, _) = Misleading(items: 2000, share: 0.3, seed: 3);
        var input = new AggregationInput(crowd.Table);
        var consensus = new AggregatorOf("hierarchical").Aggregate(input);
        var report = ItemAnalysis.Run(input, consensus);
        var before = ItemAnalysis.Run(input, consensus, new ItemAnalysisOptions { Temperature = 1 });

        Assert.InRange(report.Calibrated.Temperature, 1.3, CalibratedPosteriors.Highest);
        Assert.True(Loss(report, crowd.Gold) < 0.9 * Loss(before, crowd.Gold), $"{Loss(report, crowd.Gold)} is not well below {Loss(before, crowd.Gold)}");
    }

    [SharedDataTheory("aggregation")]
    [InlineData("duck", 0.5)]
    [InlineData("dog", 0.6)]
    [InlineData("product", 1)]
    public void On_real_crowds_probabilities_of_errors_are_nearer_to_gold_than_those_of_the_consensus(string name, double most)
    {
        var crowd = CrowdLabels.Read(Path.Combine(SharedData.Folder("aggregation")!, name));
        var input = new AggregationInput(crowd.Table);
        var consensus = new AggregatorOf("hierarchical").Aggregate(input);
        var report = ItemAnalysis.Run(input, consensus);
        var raw = Enumerable.Range(0, crowd.Gold.Length)
            .Select(n => 1 - consensus.Posteriors[(n * crowd.Table.ClassCount) + report.Classes[n]]).ToArray();

        Assert.True(Loss(report, crowd.Gold) <= most * Loss(report with { ProbabilitiesWrong = raw }, crowd.Gold));
        Assert.True(report.ExpectedErrors > raw.Sum());
    }

    [Fact]
    public void Threads_change_no_bit()
    {
        var (crowd, _) = Misleading(items: 6000, share: 0.2, seed: 4);
        var input = new AggregationInput(crowd.Table);
        var consensus = new AggregatorOf("hierarchical").Aggregate(input);
        var one = ItemAnalysis.Run(input, consensus, new ItemAnalysisOptions { Threads = 1 });
        var four = ItemAnalysis.Run(input, consensus, new ItemAnalysisOptions { Threads = 4 });

        Assert.Equal(one.Calibrated.Posteriors, four.Calibrated.Posteriors);
        Assert.Equal(one.Calibrated.Temperature, four.Calibrated.Temperature);
        Assert.Equal(one.Difficulties, four.Difficulties);
    }

    [Fact]
    public void Cancellation_is_heard()
    {
        var input = new AggregationInput(Tables.Of(2, 2, 2, (0, 0, 0), (1, 1, 1)));
        var consensus = new AggregatorOf("mv").Aggregate(input);

        Assert.ThrowsAny<OperationCanceledException>(() => ItemAnalysis.Run(input, consensus, cancel: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Who_works_alone_is_not_taken_for_an_expert()
    {
        // Labeler 0 answers at random about items that nobody else sees; the others agree with each other.
        var random = new Random(1);
        var rows = Enumerable.Range(0, 200).Select(n => (n, 0, random.Next(4)))
            .Concat(Enumerable.Range(200, 200).SelectMany(n => new[] { (n, 1, n % 4), (n, 2, n % 4) })).ToArray();
        var input = new AggregationInput(Tables.Of(400, 3, 4, rows));
        var calibrated = CalibratedPosteriors.Of(input, new AggregatorOf("hierarchical").Aggregate(input));

        double[] uniform = [0.25, 0.25, 0.25, 0.25];
        Assert.True(calibrated.Confusions.Accuracy(1, uniform) > 0.9);
        // Nothing is known of labeler 0: the common labeler's chance, not certainty.
        Assert.Equal(calibrated.Confusions.Accuracy(-1, uniform), calibrated.Confusions.Accuracy(0, uniform), 0.02);
    }

    internal static double Loss(ItemReport report, int[] gold)
    {
        var (sum, count) = (0.0, 0);
        for (var n = 0; n < gold.Length; n++)
        {
            if (gold[n] >= 0)
            {
                var wrong = Math.Clamp(report.ProbabilitiesWrong[n], 1e-6, 1 - 1e-6);
                sum -= report.Classes[n] == gold[n] ? Math.Log(1 - wrong) : Math.Log(wrong);
                count++;
            }
        }

        return sum / count;
    }

    internal static double[][] Labelers(int classes, params double[] accuracies) =>
        [.. accuracies.SelectMany(accuracy => Enumerable.Repeat(CrowdLabels.OneCoin(classes, accuracy), 6))];

    /// <summary>Five labelers of eight an item, right with 0.9; of a share of the items each calls another class with 0.55.</summary>
    internal static (CrowdLabels Crowd, bool[] Hard) Misleading(int items, double share, int seed)
    {
        const int classes = 4;
        var random = new Random(seed);
        var (rows, gold, hard) = (new List<(int, int, int)>(), new int[items], new bool[items]);
        int[] everybody = [0, 1, 2, 3, 4, 5, 6, 7];
        for (var n = 0; n < items; n++)
        {
            gold[n] = random.Next(classes);
            hard[n] = random.NextDouble() < share;
            random.Shuffle(everybody);
            foreach (var r in everybody.AsSpan(0, 5))
            {
                var right = random.NextDouble() < (hard[n] ? 0.45 : 0.9);
                rows.Add((n, r, right ? gold[n] : hard[n] ? (gold[n] + 1) % classes : (gold[n] + 1 + random.Next(classes - 1)) % classes));
            }
        }

        return (new CrowdLabels(Tables.Of(items, 8, classes, [.. rows]), gold), hard);
    }
}
