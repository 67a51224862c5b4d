using LabelerService.Core.Curves;

namespace LabelerService.Benchmarks.Curves;

/// <summary>What a plain log-linear fit says: the yardstick.</summary>
internal static class LeastSquares
{
    // 97.5 % quantiles of Student's t for 1 to 10 degrees of freedom, and of the normal distribution, which is close enough beyond.
    private static readonly double[] Student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

    /// <summary>The 95 % prediction interval of accuracy = a + b ln(labels) at a number of labels.</summary>
    public static CurveInterval Predict((double Labels, double Accuracy)[] points, double labels)
    {
        double[] x = [.. points.Select(point => Math.Log(point.Labels))];
        var (middle, level) = (x.Average(), points.Average(point => point.Accuracy));
        var squares = x.Sum(value => (value - middle) * (value - middle));
        var slope = x.Zip(points).Sum(pair => (pair.First - middle) * pair.Second.Accuracy) / squares;
        var residual = x.Zip(points).Sum(pair => Math.Pow(pair.Second.Accuracy - level - (slope * (pair.First - middle)), 2)) / (x.Length - 2);
        var away = Math.Log(labels) - middle;
        var half = (x.Length - 2 <= Student.Length ? Student[x.Length - 3] : 1.96) * Math.Sqrt(residual * (1 + (1.0 / x.Length) + (away * away / squares)));
        var expected = level + (slope * away);
        return new CurveInterval(expected, expected - half, expected + half);
    }
}
