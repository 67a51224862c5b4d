namespace LabelerService.Core.Aggregation;

/// <summary>Items without annotations: nothing is known of them but how classes are distributed.</summary>
internal static class UnseenItems
{
    /// <summary>
    /// Distribution of the classes over the annotated and the known items [K] (uniform where there are none), which then is given to
    /// the items that are neither.
    /// </summary>
    /// <param name="input">The input, checked.</param>
    /// <param name="posteriors">Class distributions, row-major [N, K], known items at their class.</param>
    internal static double[] Fill(AggregationInput input, double[] posteriors)
    {
        var table = input.Table;
        var classes = table.ClassCount;
        var prior = new double[classes];
        var seen = 0;
        for (var n = 0; n < table.ItemCount; n++)
        {
            if (IsSeen(input, n))
            {
                seen++;
                for (var k = 0; k < classes; k++)
                {
                    prior[k] += posteriors[(n * classes) + k];
                }
            }
        }

        var total = 0.0;
        foreach (var value in prior)
        {
            total += value;
        }

        for (var k = 0; k < classes; k++)
        {
            prior[k] = seen == 0 ? 1.0 / classes : prior[k] / total;
        }

        for (var n = 0; n < table.ItemCount && seen < table.ItemCount; n++)
        {
            if (!IsSeen(input, n))
            {
                prior.CopyTo(posteriors, n * classes);
            }
        }

        return prior;
    }

    private static bool IsSeen(AggregationInput input, int item)
    {
        var (start, end) = input.Table.RangeOfItem(item);
        return start < end || input.IsGold(item, out _);
    }
}
