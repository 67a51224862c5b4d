using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Labelers;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Labelers;

public sealed class LabelerAnalysisTests
{
    private static Consensus Aggregate(AnnotationTable table, string method = AggregatorCatalogue.Default) =>
        AggregatorCatalogue.Find(method)!.Create().Aggregate(new AggregationInput(table), new AggregationControl { Threads = 1 });

    [Fact]
    public void Counts_are_those_of_the_annotations()
    {
        var table = Tables.Of(3, 2, 2, (0, 0, 1), (1, 0, 0), (2, 0, 1), (0, 1, 1));
        var input = new LabelerAnalysisInput(table, Aggregate(table))
        {
            Gold = new[] { 1, 1, -1 },
            ModelProbabilities = new[] { 0.2f, 0.8f, 0, 0, 0.9f, 0.1f },
            DurationsMs = new[] { 1000, 3000, 2000, -1 },
        };

        // Durations are in the table's order: item 0 has two annotations.
        var reports = LabelerAnalysis.Run(input with { DurationsMs = new[] { 1000, -1, 3000, 2000 } }).Labelers;

        Assert.Equal(3, reports[0].Count);
        Assert.Equal([1.0 / 3, 2.0 / 3], reports[0].ClassShares);
        Assert.Equal((1, 2), ((int)reports[0].GoldAccuracy!.Value.Successes, reports[0].GoldAccuracy!.Value.Count));
        Assert.Equal((1, 2), ((int)reports[0].ModelAgreement!.Value.Successes, reports[0].ModelAgreement!.Value.Count));

        // Beta(2, 2): mean and quantiles of 3x² − 2x³.
        Assert.Equal(0.5, reports[0].GoldAccuracy!.Value.Interval.Mean, 1e-12);
        Assert.Equal(0.0943, reports[0].GoldAccuracy!.Value.Interval.Low, 1e-4);
        Assert.Equal((3, 2000.0, 1500.0, 2500.0), (
            reports[0].Speed!.Count, reports[0].Speed!.MedianMs, reports[0].Speed!.LowerQuartileMs, reports[0].Speed!.UpperQuartileMs));
        Assert.Null(reports[1].Speed);
        Assert.True(reports[0].TooLittleEvidence);

        // Known classes are what the others say: right once, wrong once.
        Assert.Equal(1, reports[0].AgreementWithOthers!.Value.Successes, 1e-9);
        Assert.Equal(2, reports[0].AgreementWithOthers!.Value.Count);
        Assert.Equal([0.0, 0.0, 1.0, 1.0], reports[0].ConfusionCounts!);
    }

    [Fact]
    public void The_spammer_score_is_one_for_who_is_right_and_nought_for_who_guesses()
    {
        var table = Tables.Of(1, 3, 3, (0, 0, 1), (0, 1, 1), (0, 2, 0));
        double[] right = [1, 0, 0, 0, 1, 0, 0, 0, 1], guess = [0.2, 0.3, 0.5, 0.2, 0.3, 0.5, 0.2, 0.3, 0.5], half = [0.5, 0.5, 0, 0.5, 0.5, 0, 0, 0, 1];
        var consensus = Aggregate(table) with { Confusions = LabelerConfusions.FromMatrices(3, [.. right, .. guess, .. half], right) };

        var reports = LabelerAnalysis.Run(new LabelerAnalysisInput(table, consensus)).Labelers;

        Assert.Equal(1, reports[0].SpammerScore!.Value, 1e-9);
        Assert.Equal(0, reports[1].SpammerScore!.Value, 1e-9);

        // Two of three pairs of rows differ, by 0.25 + 0.25 + 1 each; over K(K − 1) = 6.
        Assert.Equal(0.5, reports[2].SpammerScore!.Value, 1e-9);
    }

    [Fact]
    public void What_is_confused_beyond_the_usual_is_told()
    {
        var study = new LabelerStudy { Classes = 4, PerItem = 5, PerLabeler = 60, Groups = [new(TestKit.Crowds.LabelerKind.Average, 20), new(TestKit.Crowds.LabelerKind.Confuser, 4)] };
        var (crowd, _, _) = study.Simulate();
        var reports = study.Analyse(crowd).Labelers;
        var found = reports.Skip(20).Count(report => report.Confused is { } pair && crowd.Labelers[report.Labeler].Confusion[pair.Class][pair.Answer] == 0.8);
        Assert.Equal(4, found);
    }

    [Fact]
    public void The_result_is_the_same_bits_whatever_the_number_of_threads()
    {
        var study = new LabelerStudy { Classes = 3, PerItem = 4, PerLabeler = 40 };
        var (crowd, _, _) = study.Simulate();
        var table = LabelerStudyChanges.Copy(crowd, 3, 0.9, 1);
        var random = new Random(1);
        var input = new LabelerAnalysisInput(table, Aggregate(table))
        {
            Times = Enumerable.Range(0, table.Count).Select(_ => random.NextInt64(1_000_000)).ToArray(),
            DurationsMs = Enumerable.Range(0, table.Count).Select(_ => random.Next(5000)).ToArray(),
        };
        var texts = new[] { 1, 2, 5 }.Select(threads =>
        {
            var result = LabelerAnalysis.Run(input, new LabelerAnalysisOptions { Threads = threads });
            return System.Text.Json.JsonSerializer.Serialize(result);
        }).ToArray();

        Assert.Contains("\"Flags\":[{", texts[0], StringComparison.Ordinal);
        Assert.Equal(texts[0], texts[1]);
        Assert.Equal(texts[0], texts[2]);
    }

    [Fact]
    public void Whatever_the_annotations_numbers_are_defined() => Tables.Any.Sample(
        table =>
        {
            var random = new Random(table.Count);
            foreach (var method in (string[])["hierarchical", "mv"])
            {
                var result = LabelerAnalysis.Run(
                    new LabelerAnalysisInput(table, Aggregate(table, method))
                    {
                        Times = Enumerable.Range(0, table.Count).Select(i => i % 3 == 0 ? long.MinValue : random.NextInt64(5)).ToArray(),
                        DurationsMs = Enumerable.Range(0, table.Count).Select(i => i % 4 - 1).ToArray(),
                    },
                    new LabelerAnalysisOptions { MinSharedItems = 2, DriftMinAnnotations = 10, MinAnnotations = 1, Threads = 1 });

                Assert.Equal(table.LabelerCount, result.Labelers.Count);

                // Numbers that are not finite cannot be written.
                System.Text.Json.JsonSerializer.Serialize(result);
                Assert.All(result.Labelers, report => Assert.InRange(report.ProbabilityBad ?? 0, 0, 1));
            }
        }, iter: 150, threads: 1);

    [Fact]
    public void One_class_or_one_labeler_is_too_little_evidence()
    {
        var one = Tables.Of(20, 1, 3, [.. Enumerable.Range(0, 20).Select(n => (n, 0, 1))]);
        var same = Tables.Of(20, 2, 1, [.. Enumerable.Range(0, 20).SelectMany(n => new[] { (n, 0, 0), (n, 1, 0) })]);
        foreach (var table in (AnnotationTable[])[one, same])
        {
            var result = LabelerAnalysis.Run(new LabelerAnalysisInput(table, Aggregate(table)));
            Assert.All(result.Labelers, report => Assert.True(report.TooLittleEvidence && report.Flags.Count == 0));
        }
    }

    [Fact]
    public void Who_sees_items_of_one_class_only_is_not_taken_for_constant()
    {
        // Ten labelers of a class of their own each, and always right: everybody says one class, and the others confirm it.
        var rows = from item in Enumerable.Range(0, 200)
                   from labeler in Enumerable.Range(0, 3)
                   select (item, ((item % 5) * 3) + labeler, item % 5);
        var table = Tables.Of(200, 15, 5, [.. rows]);
        var result = LabelerAnalysis.Run(new LabelerAnalysisInput(table, Aggregate(table)));
        Assert.All(result.Labelers, report => Assert.Empty(report.Flags));
    }

    [Fact]
    public void Progress_rises_to_one_and_cancelling_stops()
    {
        var (crowd, _, _) = new LabelerStudy().Simulate();
        var input = new LabelerAnalysisInput(crowd.Annotations, LabelerStudy.Aggregate(crowd));
        var seen = new Recorder();
        LabelerAnalysis.Run(input, new LabelerAnalysisOptions { Threads = 2 }, seen);

        Assert.Equal(seen.Values.Order(), seen.Values);
        Assert.Equal(1, seen.Values[^1]);
        using var source = new CancellationTokenSource();
        var cancelling = new Recorder(share =>
        {
            if (share > 0.4)
            {
                source.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => LabelerAnalysis.Run(input, null, cancelling, source.Token));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var table = Tables.Of(2, 1, 2, (0, 0, 1));
        var input = new LabelerAnalysisInput(table, Aggregate(table));
        Assert.Throws<ArgumentException>(() => LabelerAnalysis.Run(input with { Gold = new[] { 1 } }));
        Assert.Throws<ArgumentException>(() => LabelerAnalysis.Run(input with { Gold = new[] { 1, 2 } }));
        Assert.Throws<ArgumentException>(() => LabelerAnalysis.Run(input with { Times = new long[2] }));
        Assert.Throws<ArgumentException>(() => LabelerAnalysis.Run(input with { ModelProbabilities = new float[3] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelerAnalysis.Run(input, new LabelerAnalysisOptions { FalseAlarmRate = 0 }));
    }

    private sealed class Recorder(Action<double>? then = null) : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value)
        {
            Values.Add(value);
            then?.Invoke(value);
        }
    }
}
