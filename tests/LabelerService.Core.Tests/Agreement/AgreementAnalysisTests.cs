using CsCheck;
using LabelerService.Core.Agreement;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Agreement;

public sealed class AgreementAnalysisTests
{
    // Tables without repeats: an item and a labeler have one annotation at most.
    private static readonly Gen<AnnotationTable> Crowds = Tables.Any.Select(table =>
    {
        var seen = new HashSet<(int, int)>();
        var rows = new List<(int Item, int Labeler, int Class)>();
        for (var i = 0; i < table.Count; i++)
        {
            if (seen.Add((table.Items[i], table.Labelers[i])))
            {
                rows.Add((table.Items[i], table.Labelers[i], table.Classes[i]));
            }
        }

        return Tables.Of(table.ItemCount, table.LabelerCount, table.ClassCount, [.. rows]);
    });

    private static readonly AgreementOptions Quick = new() { BootstrapReplicates = 0 };

    [Theory]
    [InlineData(AgreementScale.Nominal)]
    [InlineData(AgreementScale.Ordinal)]
    public void Pairs_of_chosen_labelers_are_those_of_the_report_of_all(AgreementScale scale) => Crowds.Sample(table =>
    {
        LabelerPair[] all = [.. AgreementAnalysis.Run(table, Quick with { Scale = scale }).Pairs.OrderBy(pair => pair.A).ThenBy(pair => pair.B)];
        int[] some = [.. Enumerable.Range(0, table.LabelerCount).Where(labeler => labeler % 3 != 1)];
        Assert.Equal(all.Where(pair => some.Contains(pair.A) && some.Contains(pair.B)), LabelerPairs.Among(table, some, scale));

        for (var labeler = 0; labeler < table.LabelerCount; labeler++)
        {
            Assert.Equal(
                all.Where(pair => pair.A == labeler || pair.B == labeler)
                    .Select(pair => pair.A == labeler ? pair : pair with { A = pair.B, B = pair.A }).OrderBy(pair => pair.B),
                LabelerPairs.Of(table, labeler, scale));
        }
    });

    [Theory]
    [InlineData(AgreementScale.Nominal)]
    [InlineData(AgreementScale.Ordinal)]
    [InlineData(AgreementScale.Interval)]
    public void All_numbers_are_those_of_the_definitions_by_pairs(AgreementScale scale) => Crowds.Sample(
        table =>
        {
            var report = AgreementAnalysis.Run(table, Quick with { Scale = scale });

            Same(PairwiseAgreement.Alpha(table, scale), report.KrippendorffAlpha.Value);
            var (percent, fleiss) = PairwiseAgreement.PercentAndFleiss(table);
            Same(percent, report.Percent.Value);
            Same(fleiss, report.Fleiss.Value);
            var pairs = PairwiseAgreement.Pairs(table, scale != AgreementScale.Nominal).ToList();
            Assert.Equal(pairs.Count, report.Pairs.Count);
            Assert.Equal(pairs.Count, report.PairCount);
            foreach (var (expected, actual) in pairs.Zip(report.Pairs))
            {
                Assert.Equal((expected.A, expected.B, expected.SharedItems), (actual.A, actual.B, actual.SharedItems));
                Assert.Equal(expected.PercentAgreement, actual.PercentAgreement, 1e-12);
                Same(expected.CohenKappa, actual.CohenKappa);
                Same(expected.WeightedKappa, actual.WeightedKappa);
            }

            for (var r = 0; r < table.LabelerCount; r++)
            {
                var own = pairs.Where(pair => pair.A == r || pair.B == r).ToList();
                Assert.Equal(own.Sum(pair => pair.SharedItems), report.Labelers[r].PairCount);
                Same(
                    own.Count == 0 ? null : own.Sum(pair => pair.SharedItems * pair.PercentAgreement) / own.Sum(pair => pair.SharedItems),
                    report.Labelers[r].Mean);
            }
        },
        iter: 300);

    [Fact]
    public void Whatever_the_table_numbers_are_finite_or_missing_with_a_warning() => Tables.Any.Sample(
        table =>
        {
            var report = AgreementAnalysis.Run(table, new AgreementOptions { BootstrapReplicates = 20, Threads = 1 });

            foreach (var estimate in new[] { report.Percent, report.Fleiss, report.KrippendorffAlpha })
            {
                Assert.True(estimate.Value is { } value ? double.IsFinite(value) : report.Warnings.Count > 0);
                Assert.Equal(estimate.Low is null, estimate.High is null);
                Assert.True(estimate.Low is null || estimate.Low <= estimate.High);
            }
        },
        iter: 300);

    [Fact]
    public void Nothing_to_compare_is_said_so()
    {
        var once = AgreementAnalysis.Run(Tables.Of(3, 2, 2, (0, 0, 1), (1, 1, 0)));
        Assert.Equal(default, once.Percent);
        Assert.Contains(once.Warnings, warning => warning.Code == "NO_PAIRABLE_ITEMS");
        Assert.Empty(once.Pairs);
        Assert.All(once.Labelers, labeler => Assert.Null(labeler.Mean));

        var one = AgreementAnalysis.Run(Tables.Of(2, 2, 2, (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)));
        Assert.Equal(1, one.Percent.Value);
        Assert.Null(one.KrippendorffAlpha.Value);
        Assert.Null(one.Fleiss.Value);
        Assert.Null(Assert.Single(one.Pairs).CohenKappa);
        Assert.Contains(one.Warnings, warning => warning.Code == "ONE_CLASS_NAMED");

        Assert.Contains(AgreementAnalysis.Run(new AnnotationTable(0, 0, 1, [], [], [])).Warnings, warning => warning.Code == "NO_PAIRABLE_ITEMS");
    }

    [Fact]
    public void The_pairs_that_share_most_items_are_kept_whatever_the_number_of_threads()
    {
        var table = Crowd(400, 300, 4, 5, seed: 3);
        var all = AgreementAnalysis.Run(table, Quick with { MaxPairs = int.MaxValue, Threads = 1 });
        var some = AgreementAnalysis.Run(table, Quick with { MaxPairs = 100, Threads = 8 });

        Assert.Equal(all.Pairs.Take(100), some.Pairs);
        Assert.Equal(all.PairCount, some.PairCount);
        Assert.Contains(some.Warnings, warning => warning.Code == "PAIRS_LEFT_OUT");
        var none = AgreementAnalysis.Run(table, Quick with { MaxPairs = 0 });
        Assert.Empty(none.Pairs);
        Assert.Equal(0, none.PairCount);
        Assert.Empty(none.Warnings);
        Assert.Equal(all.Labelers, none.Labelers);
    }

    [Fact]
    public void Too_much_work_is_bounded_by_comparing_the_most_active_labelers()
    {
        var table = Crowd(200, 40, 3, 20, seed: 4);
        var bounded = AgreementAnalysis.Run(table, Quick with { MaxPairWork = 10_000 });

        Assert.Contains(bounded.Warnings, warning => warning.Code == "ACTIVE_LABELERS_COMPARED");
        Assert.InRange(bounded.PairCount, 1, 300);
        var active = Enumerable.Range(0, 40).OrderByDescending(table.CountOfLabeler).Take(30).ToHashSet();
        Assert.All(bounded.Pairs, pair => Assert.True(active.Contains(pair.A) && active.Contains(pair.B)));
        Assert.Equal(AgreementAnalysis.Run(table, Quick).Percent, bounded.Percent);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_whatever_the_number_of_threads()
    {
        var table = Crowd(300, 20, 4, 4, seed: 5);
        var options = new AgreementOptions { Scale = AgreementScale.Ordinal, BootstrapReplicates = 300 };
        var one = AgreementAnalysis.Run(table, options with { Threads = 1 });
        var many = AgreementAnalysis.Run(table, options with { Threads = 7 });

        Assert.Equal(one.KrippendorffAlpha, many.KrippendorffAlpha);
        Assert.Equal(one.Fleiss, many.Fleiss);
        Assert.NotEqual(one.KrippendorffAlpha, AgreementAnalysis.Run(table, options with { Seed = 2 }).KrippendorffAlpha);
    }

    [Fact]
    public void A_cancelled_analysis_ends()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(
            () => AgreementAnalysis.Run(Crowd(50, 5, 3, 3, seed: 1), cancellationToken: source.Token));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        var table = Crowd(5, 3, 2, 2, seed: 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => AgreementAnalysis.Run(table, Quick with { Level = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => AgreementAnalysis.Run(table, Quick with { MaxPairs = -1 }));
    }

    // Drawing profiles from a multinomial must be drawing items: the standard deviation of the mean of P_u is that of the items / √N.
    [Fact]
    public void The_interval_of_percent_agreement_is_as_wide_as_the_spread_of_items_says()
    {
        var table = Crowd(2000, 10, 3, 3, seed: 6);
        var report = AgreementAnalysis.Run(table, new AgreementOptions { BootstrapReplicates = 4000 });
        var shares = Enumerable.Range(0, table.ItemCount).Select(n => PairwiseAgreement.Share(table, n)).ToArray();
        var mean = shares.Average();
        var error = Math.Sqrt(shares.Sum(share => (share - mean) * (share - mean)) / shares.Length / shares.Length);

        // Of 4,000 resamples, a percentile at 1.96 is known to 0.04 standard errors.
        Assert.Equal(mean, report.Percent.Value!.Value, 1e-12);
        Assert.Equal(mean - (1.96 * error), report.Percent.Low!.Value, 0.16 * error);
        Assert.Equal(mean + (1.96 * error), report.Percent.High!.Value, 0.16 * error);
    }

    internal static AnnotationTable Crowd(int items, int labelers, int classes, int labelsPerItem, int seed, double accuracy = 0.7)
    {
        var random = new Random(seed);
        var order = Enumerable.Range(0, labelers).ToArray();
        List<int> what = [], who = [], which = [];
        for (var n = 0; n < items; n++)
        {
            var truth = random.Next(classes);
            random.Shuffle(order);
            for (var i = 0; i < labelsPerItem; i++)
            {
                which.Add(n);
                who.Add(order[i]);
                what.Add(random.NextDouble() < accuracy ? truth : random.Next(classes));
            }
        }

        return new AnnotationTable(items, labelers, classes, [.. which], [.. who], [.. what]);
    }

    private static void Same(double? expected, double? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is { } value)
        {
            Assert.Equal(value, actual!.Value, 1e-9);
        }
    }
}
