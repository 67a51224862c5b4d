namespace LabelerService.Benchmarks.Reporting;

/// <summary>Mean and spread of repeated measurements.</summary>
internal static class Statistics
{
    /// <summary>Standard deviation of a sample (n − 1); 0 for a single value.</summary>
    public static double StandardDeviation(IReadOnlyCollection<double> values)
    {
        if (values.Count < 2)
        {
            return 0;
        }

        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }

    /// <summary>The middle value; the mean of the two middle ones where their number is even.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
