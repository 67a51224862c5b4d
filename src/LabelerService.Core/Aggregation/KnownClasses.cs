namespace LabelerService.Core.Aggregation;

/// <summary>Items whose class is known.</summary>
internal static class KnownClasses
{
    /// <summary>Puts the posterior of each known item on its class.</summary>
    /// <param name="input">The input, checked.</param>
    /// <param name="posteriors">Class distributions, row-major [N, K].</param>
    public static void Fix(AggregationInput input, Span<double> posteriors) =>
        Fix(input.Gold.Span, posteriors, input.Table.ClassCount);

    /// <inheritdoc cref="Fix(AggregationInput, Span{double})"/>
    /// <param name="gold">Known classes [N], −1 = unknown; empty = none.</param>
    /// <param name="posteriors">Class distributions, row-major [N, K].</param>
    /// <param name="classes">Number of classes K.</param>
    public static void Fix(ReadOnlySpan<int> gold, Span<double> posteriors, int classes)
    {
        for (var n = 0; n < gold.Length; n++)
        {
            if (gold[n] >= 0)
            {
                var row = posteriors.Slice(n * classes, classes);
                row.Clear();
                row[gold[n]] = 1;
            }
        }
    }
}
