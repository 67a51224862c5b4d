using System.Runtime.InteropServices;

namespace LabelerService.Core.Metrics;

/// <summary>An interval of a metric.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High);

/// <summary>A metric as a function of the rows it is taken over; a row may occur more than once.</summary>
public delegate double RowStatistic(ReadOnlySpan<int> rows);

/// <summary>Percentile bootstrap (Efron 1979) over items, seeded: the same seed gives the same interval.</summary>
public static class Bootstrap
{
    /// <summary>The interval that holds the middle <paramref name="level"/> of the statistic over resamples with replacement.</summary>
    /// <param name="count">Number of items to draw from, and drawn each time.</param>
    /// <param name="statistic">The metric; resamples for which it is NaN are left out.</param>
    /// <param name="resamples">Number of resamples.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="level">Share of the resamples inside, in (0, 1).</param>
    /// <returns>The interval; NaN at both ends where there is nothing to resample.</returns>
    public static Interval Percentile(int count, RowStatistic statistic, int resamples, long seed, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        if (level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "The level lies between 0 and 1.");
        }

        if (count == 0)
        {
            return new Interval(double.NaN, double.NaN);
        }

        var random = new Random(HashCode32(seed));
        var rows = new int[count];
        var values = new List<double>(resamples);
        for (var b = 0; b < resamples; b++)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i] = random.Next(count);
            }

            var value = statistic(rows);
            if (!double.IsNaN(value))
            {
                values.Add(value);
            }
        }

        if (values.Count == 0)
        {
            return new Interval(double.NaN, double.NaN);
        }

        values.Sort();
        var sorted = CollectionsMarshal.AsSpan(values);
        return new Interval(Quantiles.Of(sorted, (1 - level) / 2), Quantiles.Of(sorted, (1 + level) / 2));
    }

    // Both halves of the seed count.
    private static int HashCode32(long seed) => (int)seed ^ (int)(seed >> 32);
}
