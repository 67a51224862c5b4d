using LabelerService.Core.Curves;

namespace LabelerService.Core.Tests.Curves;

public class CurveAnalysisTests
{
    private static readonly double[] Shares = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5];

    public static TheoryData<string> Truths => [.. Rises.Keys];

    // How accuracy grows, in any unit.
    private static Dictionary<string, Func<double, double>> Rises { get; } = new(StringComparer.Ordinal)
    {
        ["log-linear"] = Math.Log,
        ["power law of the root"] = share => -1 / Math.Sqrt(share),
        ["power law, 1.5"] = share => -Math.Pow(share, -1.5),
        ["exponential"] = share => -Math.Exp(-4 * share),
        ["logistic in the logarithm"] = share => 1 / (1 + Math.Exp(-1.5 * Math.Log(share / 0.15))),
    };

    [Theory]
    [MemberData(nameof(Truths))]
    public void Forecasts_from_half_of_the_data_contain_what_all_of_it_gives(string shape)
    {
        const int Curves = 30;
        var rise = Rises[shape];

        // From 0.5 at a twentieth of the data to 0.85 at all of it.
        double Truth(double share) => 0.5 + (0.35 * (rise(share) - rise(0.05)) / (rise(1) - rise(0.05)));
        var random = new Random(7);
        var (inside, widths, warned) = (0, 0.0, 0);
        for (var c = 0; c < Curves; c++)
        {
            var points = Shares.Select(share => Point(share, Truth(share) + Noise(random, share))).ToArray();
            var fit = CurveAnalysis.Of(points, new CurveSize(1000, 2000), new CurveQuestion { Labels = [2000] }).Fits[0];
            var forecast = fit.Forecasts[0];
            var measured = Truth(1) + Noise(random, 1);
            inside += measured >= forecast.Measured.Low && measured <= forecast.Measured.High ? 1 : 0;
            widths += (forecast.Measured.High - forecast.Measured.Low) / Curves;
            warned += fit.Warnings.Any(warning => warning.Contains("of no shape", StringComparison.Ordinal)) ? 1 : 0;
        }

        // Of 30 intervals of 95 %, fewer than 24 hold the truth once in 2,000 times, and so many wrong warnings are as rare.
        Assert.InRange(inside, 24, Curves);
        Assert.InRange(widths, 0.01, 0.2);
        Assert.InRange(warned, 0, 6);
    }

    [Fact]
    public void A_curve_that_starts_late_is_forecast_as_it_was_measured()
    {
        // Digits, a net of 64 units, at chance with a twentieth of 2,000: three seeds, and what all gave.
        double[][] seeds = [[0.130, 0.172, 0.589, 0.694, 0.744, 0.787], [0.100, 0.163, 0.636, 0.721, 0.768, 0.795], [0.100, 0.173, 0.558, 0.729, 0.775, 0.800]];
        var points = seeds.SelectMany((values, seed) => values.Select((value, i) => Point(Shares[i], value) with { Cell = new CurveCell("", Shares[i], 1, seed + 1) }));
        var forecast = CurveAnalysis.Of([.. points], new CurveSize(1000, 2000), new CurveQuestion { Labels = [2000] }).Fits[0].Forecasts[0];
        Assert.InRange(0.869, forecast.Measured.Low, forecast.Measured.High);
        Assert.Equal(0.869, forecast.Expected.Mean, 0.06);
    }

    [Fact]
    public void A_curve_that_leaps_at_its_end_is_said_to_be_of_no_known_shape()
    {
        var points = Shares.Select(share => Point(share, share < 0.5 ? 0.6 + (0.02 * Math.Log(share)) : 0.75)).ToArray();
        var warning = Assert.Single(Report(points).Fits[0].Warnings, warning => warning.Contains("of no shape", StringComparison.Ordinal));
        Assert.Contains("1,000 labels should give", warning, StringComparison.Ordinal);
        Assert.Contains("they give 75.0 %. Do not rely on the forecasts", warning, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Report(Shares.Select(share => Point(share, 0.6 + (0.02 * Math.Log(share))))).Fits[0].Warnings,
            warning => warning.Contains("of no shape", StringComparison.Ordinal));
    }

    [Fact]
    public void More_evaluated_items_narrow_what_is_said_of_other_items()
    {
        var points = Shares.Append(1).Select(share => Point(share, 0.85 + (0.1 * Math.Log(share)))).ToArray();
        var few = Report(points.Select(point => point with { Evaluated = 100 })).Fits[0].Forecasts[0];
        var many = Report(points.Select(point => point with { Evaluated = 10_000 })).Fits[0].Forecasts[0];

        // ± 1.96·√(0.85·0.15/100) is 7 points.
        Assert.InRange(few.OnOtherItems.High - few.OnOtherItems.Low, 0.12, 0.16);
        Assert.InRange(many.OnOtherItems.High - many.OnOtherItems.Low, 0.01, 0.03);
    }

    [Fact]
    public void A_dearer_item_makes_labels_of_items_that_are_there_the_better_buy()
    {
        // A further label of an item is worth half of one of a new item.
        var points = new List<CurvePoint>();
        foreach (var share in Shares.Append(1))
        {
            points.Add(Point(share, 0.8 + (0.08 * Math.Log(share))));
        }

        foreach (var share in new[] { 0.25, 0.5, 0.75 })
        {
            points.Add(new CurvePoint(new CurveCell("", 1, share, 1), 1000, (long)(4000 * share), 0.8 + (0.04 * Math.Log(share)), 5000, 1));
        }

        points = [.. points.Select(point => point with { Labels = (long)(4 * point.Items * point.Cell.LabelShare) })];
        var cheap = CurveAnalysis.Of(points, new CurveSize(1000, 4000), new CurveQuestion { Labels = [8000] });
        var dear = CurveAnalysis.Of(points, new CurveSize(1000, 4000), new CurveQuestion { Labels = [8000], ItemCost = 40 });

        Assert.Equal(CurveOptionKind.Items, cheap.Options[0].Kind);
        Assert.Equal(CurveOptionKind.Labels, dear.Options[0].Kind);
        Assert.Equal(4000, cheap.Options[0].Cost, 1e-6);
        Assert.Equal(44_000, dear.Options[0].Cost, 1e-6);
        Assert.Equal(0.08 * Math.Log(2), cheap.Options[0].Gain.Mean, 0.006);
        Assert.Contains("new items give more", cheap.Summary, StringComparison.Ordinal);
        Assert.Contains("more labels an item give more", dear.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void One_share_of_labels_does_not_tell_items_from_labels()
    {
        var report = Report(Shares.Select(share => Point(share, 0.8 + (0.08 * Math.Log(share)))));
        Assert.Contains("cannot tell new items from more labels", report.Summary, StringComparison.Ordinal);
        Assert.Null(report.Fits[0].LabelWorth);
    }

    [Fact]
    public void A_capacity_that_is_better_everywhere_is_what_to_choose_and_comes_free()
    {
        var points = Shares.Append(1).SelectMany(share => new[]
        {
            Point(share, 0.7 + (0.05 * Math.Log(share)), "s"), Point(share, 0.8 + (0.08 * Math.Log(share)), "l"),
        });
        var report = Report(points);
        Assert.Equal(["s", "l"], report.Fits.Select(fit => fit.Capacity));
        var option = Assert.Single(report.Options, option => option.Kind == CurveOptionKind.Capacity);
        Assert.Equal("capacity s instead of l", option.Description);
        Assert.False(option.Certain);
        Assert.Equal(-0.1, option.Gain.Mean, 0.01);
        Assert.Contains("no help", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_sizes_are_said_so_instead_of_a_fit()
    {
        var report = Report([Point(0.5, 0.7), Point(1, 0.8), Point(0.1, 0.5) with { Accuracy = null, Problem = "Nobody has enough labels." }]);
        Assert.Empty(report.Fits);
        Assert.Contains("Too few points for a fit", report.Summary, StringComparison.Ordinal);
        Assert.Equal("Nothing is measured yet.", CurveAnalysis.Of([], null, new CurveQuestion()).Summary);
    }

    [Fact]
    public void The_same_points_give_the_same_report()
    {
        var points = Shares.Select(share => Point(share, 0.8 + (0.08 * Math.Log(share)))).ToArray();
        Assert.Equal(Report(points).Fits[0].Forecasts[0], Report(points).Fits[0].Forecasts[0]);
    }

    private static CurveReport Report(IEnumerable<CurvePoint> points) =>
        CurveAnalysis.Of([.. points], new CurveSize(1000, 2000), new CurveQuestion { Labels = [2001] });

    private static CurvePoint Point(double share, double accuracy, string capacity = "") =>
        new(new CurveCell(capacity, share, 1, 1), (long)(1000 * share), (long)(2000 * share), accuracy, 5000, 1);

    private static double Noise(Random random, double share) =>
        0.006 / Math.Sqrt(share) * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
