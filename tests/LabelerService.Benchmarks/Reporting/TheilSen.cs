namespace LabelerService.Benchmarks.Reporting;

/// <summary>A straight line through points, some of which may lie anywhere.</summary>
/// <param name="Slope">Median of the slopes of all pairs of points.</param>
/// <param name="Low">Lower end of the slope's 95 % interval.</param>
/// <param name="High">Upper end of it.</param>
/// <param name="Noise">
/// Half the width of the band about the line in which 95 % of points lie, were they normally distributed: 1.96 times the standard deviation, which the
/// median absolute deviation estimates.
/// </param>
internal sealed record TheilSen(double Slope, double Low, double High, double Noise)
{
    // Of the normal distribution: its 97.5 % quantile, and its standard deviation over its median absolute deviation.
    private const double Quantile = 1.959964;
    private const double DeviationOfMedian = 1.4826;

    /// <summary>Fits a line.</summary>
    /// <remarks>
    /// P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968): the interval's ends are slopes of pairs too, as far
    /// from the median one as Kendall's statistic varies without a trend. It counts on points that are independent of each other.
    /// </remarks>
    /// <param name="points">Points, with at least three different x.</param>
    public static TheilSen Fit(IReadOnlyList<(double X, double Y)> points)
    {
        var slopes = new List<double>();
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = i + 1; j < points.Count; j++)
            {
                if (points[i].X != points[j].X)
                {
                    slopes.Add((points[j].Y - points[i].Y) / (points[j].X - points[i].X));
                }
            }
        }

        if (slopes.Count < 3)
        {
            throw new ArgumentException("A line needs three points.", nameof(points));
        }

        slopes.Sort();
        var slope = Statistics.Median(slopes);
        double n = points.Count;
        var reach = Quantile * Math.Sqrt(n * (n - 1) * ((2 * n) + 5) / 18);
        var low = (int)Math.Floor((slopes.Count - reach) / 2) - 1;
        var high = (int)Math.Ceiling((slopes.Count + reach) / 2);
        var residuals = points.Select(point => point.Y - (slope * point.X)).ToArray();
        var middle = Statistics.Median(residuals);
        var deviation = DeviationOfMedian * Statistics.Median(residuals.Select(residual => Math.Abs(residual - middle)));
        return new TheilSen(slope, slopes[Math.Max(low, 0)], slopes[Math.Min(high, slopes.Count - 1)], Quantile * deviation);
    }

    /// <summary>Whether nothing grows or shrinks: no slope is among what is likely, or what comes of the slope over a length is lost in the noise.</summary>
    public bool IsFlat(double length) => (Low <= 0 && High >= 0) || Math.Abs(Slope) * length <= Noise;
}
