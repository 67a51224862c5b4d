using LabelerService.Core.Curves;

namespace LabelerService.Core.Tests.Curves;

/// <summary>Points that leave a fit nothing to go by still give a report of finite numbers.</summary>
public sealed class CurveExtremesTests
{
    private static readonly double[] Shares = [0.05, 0.25, 1];

    public static TheoryData<string, double[], int> Extremes => new()
    {
        { "all right", [1, 1, 1], 100 },
        { "all wrong", [0, 0, 0], 100 },
        { "all the same", [0.7, 0.7, 0.7], 100 },
        { "measured on one item", [0, 1, 1], 1 },
        { "exactly log-linear", [0.5, 0.5 + (0.1 * 1.6094379124341003), 0.5 + (0.1 * 2.995732273553991)], 1_000_000_000 },
        { "falling", [1, 0.5, 0], 10 },
    };

    [Theory]
    [MemberData(nameof(Extremes))]
    public void Every_number_is_finite_and_every_interval_in_order(string name, double[] accuracies, int evaluated)
    {
        Assert.NotEmpty(name);
        var size = new CurveSize(2000, 2000);
        foreach (var seeds in (ReadOnlySpan<int>)[1, 3])
        {
            CurvePoint[] points =
            [
                .. Enumerable.Range(1, seeds).SelectMany(seed => Shares.Select((share, i) => new CurvePoint(
                    new CurveCell("m", share, 1, seed), (long)(size.Items * share), (long)(size.Labels * share), accuracies[i], evaluated, 1))),
                new CurvePoint(new CurveCell("l", 0.05, 1, 1), 0, 0, null, 0, 1, "There are no labels."),
            ];
            var report = CurveAnalysis.Of(points, size, new CurveQuestion { Labels = [1, 4000, long.MaxValue / 4] });

            var fit = Assert.Single(report.Fits);
            Assert.InRange(fit.Saturation, 0, 1);
            Assert.True(double.IsFinite(fit.ResidualDeviation));
            Assert.All([fit.Intercept, fit.Slope], Ordered);
            foreach (var forecast in fit.Forecasts)
            {
                Assert.All([forecast.Expected, forecast.Measured, forecast.OnOtherItems], interval =>
                {
                    Ordered(interval);
                    Assert.InRange(interval.Low, 0, 1);
                    Assert.InRange(interval.High, 0, 1);
                });
                Ordered(forecast.Gain);
            }

            Assert.All(report.Options, option => Ordered(option.Gain));
            Assert.Equal(1, report.Options.Sum(option => option.Best), 1e-9);
        }
    }

    private static void Ordered(CurveInterval interval)
    {
        Assert.True(double.IsFinite(interval.Low) && double.IsFinite(interval.High), $"{interval}");
        Assert.True(interval.Low <= interval.Mean && interval.Mean <= interval.High, $"{interval}");
    }
}
