using System.Numerics;

namespace LabelerService.Core.Metrics;

/// <summary>Quantiles of samples.</summary>
internal static class Quantiles
{
    /// <summary>The quantile by linear interpolation between order statistics.</summary>
    /// <param name="sorted">The sample in ascending order, not empty.</param>
    /// <param name="q">Which, in [0, 1].</param>
    public static double Of<T>(ReadOnlySpan<T> sorted, double q)
        where T : INumber<T>
    {
        var at = q * (sorted.Length - 1);
        var low = (int)at;
        var (below, above) = (double.CreateChecked(sorted[low]), double.CreateChecked(sorted[Math.Min(low + 1, sorted.Length - 1)]));
        return below + ((at - low) * (above - below));
    }
}
