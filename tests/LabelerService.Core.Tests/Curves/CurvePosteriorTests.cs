using LabelerService.Core.Curves;

namespace LabelerService.Core.Tests.Curves;

public class CurvePosteriorTests
{
    private const int Evaluated = 1000;
    private static readonly double[] Noise = [0.004, -0.011, 0.007, 0.006, -0.009, 0.003];

    [Fact]
    public void With_one_shape_the_slope_has_the_interval_of_least_squares()
    {
        double[] sizes = [50, 100, 200, 300, 400, 500];
        var means = sizes.Select((n, k) => new CurveMean(n, 1, 0.3 + (0.08 * Math.Log(n)) + Noise[k], 1, 0)).ToArray();
        var posterior = CurvePosterior.Of(means, 100_000, 1, [new CurveShape(new PowerGrowth(0), 0, 0, 0)])!;

        // Least squares by hand: slope ± t(0.975; 4)·s/√Sxx.
        double[] x = [.. sizes.Select(n => Math.Log(n))];
        var middle = x.Average();
        var squares = x.Sum(value => (value - middle) * (value - middle));
        var slope = x.Zip(means).Sum(pair => (pair.First - middle) * pair.Second.Mean) / squares;
        var level = means.Average(mean => mean.Mean) - (slope * middle);
        var residual = x.Zip(means).Sum(pair => Math.Pow(pair.Second.Mean - level - (slope * pair.First), 2)) / 4;
        var half = 2.776 * Math.Sqrt(residual / squares);

        var interval = CurveAnalysis.Interval([.. posterior.LogLinear.Select(draw => posterior.Line(draw, 1).Slope)]);
        Assert.Equal(slope, interval.Mean, 0.05 * half);
        Assert.Equal(slope - half, interval.Low, 0.1 * half);
        Assert.Equal(slope + half, interval.High, 0.1 * half);
        var intercept = CurveAnalysis.Interval([.. posterior.LogLinear.Select(draw => posterior.Line(draw, 1).Intercept)]);
        Assert.Equal(level, intercept.Mean, 0.3 * half * middle);
    }

    [Fact]
    public void Shapes_are_weighed_by_what_numerical_integration_gives()
    {
        double[] sizes = [50, 100, 200, 300, 400, 500];
        double[] values = [0.60, 0.662, 0.734, 0.752, 0.788, 0.799];
        var means = sizes.Select((n, k) => new CurveMean(n, 1, values[k], 2, 0)).ToArray();
        CurveShape[] shapes = [new(new PowerGrowth(0), 0, 0, Math.Log(0.5)), new(new PowerGrowth(0.5), 0, 0, Math.Log(0.5))];
        var posterior = CurvePosterior.Of(means, 1_000_000, 1, shapes)!;

        var evidence = shapes.Select(shape => Integrate(shape, sizes, values, 2)).ToArray();
        Assert.Equal(evidence[1] / (evidence[0] + evidence[1]), posterior.Saturation, 0.01);
        Assert.InRange(posterior.Saturation, 0.05, 0.95);
    }

    [Fact]
    public void Another_label_of_an_item_is_worth_what_it_was_in_the_data_that_were_made_so()
    {
        (double Items, double PerItem)[] parts = [(100, 4), (200, 4), (400, 4), (800, 4), (800, 1), (800, 2), (800, 3)];
        foreach (var worth in new[] { 0.2, 0.8 })
        {
            var means = parts.Select((part, k) => new CurveMean(
                part.Items, part.PerItem, 0.3 + (0.06 * (Math.Log(part.Items) + (worth * Math.Log(part.PerItem)))) + (0.1 * Noise[k % Noise.Length]), 3, 0.00001)).ToArray();
            var posterior = CurvePosterior.Of(means, Evaluated, 1)!;
            var interval = CurveAnalysis.Interval([.. posterior.Draws.Select(draw => draw.Shape.LabelWorth)]);
            Assert.InRange(worth, interval.Low, interval.High);
            Assert.InRange(interval.High - interval.Low, 0, 0.5);
        }
    }

    [Fact]
    public void Two_sizes_are_no_curve() =>
        Assert.Null(CurvePosterior.Of([new CurveMean(10, 1, 0.5, 3, 0.001), new CurveMean(20, 1, 0.6, 3, 0.001)], Evaluated, 1));

    // ∫∫ (Σ w e²)^(−K/2) d level d rise: σ is integrated out by hand.
    private static double Integrate(CurveShape shape, double[] sizes, double[] values, int weight)
    {
        double[] heights = [.. sizes.Select(n => shape.Growth.Of(Math.Log(n / sizes[^1])))];
        var scale = Math.Abs(heights[0]);
        var sum = 0.0;
        for (var level = 0.70; level < 0.86; level += 0.0005)
        {
            for (var rise = 0.05; rise < 0.31; rise += 0.0005)
            {
                var squares = heights.Zip(values).Sum(pair => weight * Math.Pow(pair.Second - level - (rise * pair.First / scale), 2));
                sum += Math.Pow(squares * 1e4, -sizes.Length / 2.0);
            }
        }

        return sum;
    }
}
