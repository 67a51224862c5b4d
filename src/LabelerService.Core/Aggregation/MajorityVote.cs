using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>Every annotation counts the same.</summary>
public static class MajorityVote
{
    /// <summary>Share of each item's annotations that name each class. Items without annotations get the fallback.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="fallback">Distribution [K] of items without annotations; empty: the uniform one.</param>
    /// <returns>Posteriors, row-major [N, K].</returns>
    /// <exception cref="ArgumentException">The fallback is not of length K.</exception>
    public static double[] Posteriors(AnnotationTable table, ReadOnlySpan<double> fallback = default)
    {
        var result = new double[checked(table.ItemCount * table.ClassCount)];
        Posteriors(table, fallback, result);
        return result;
    }

    /// <inheritdoc cref="Posteriors(AnnotationTable, ReadOnlySpan{double})"/>
    /// <param name="table">The annotations.</param>
    /// <param name="fallback">Distribution [K] of items without annotations; empty: the uniform one.</param>
    /// <param name="result">Zeros, at least N·K; receives the posteriors.</param>
    internal static void Posteriors(AnnotationTable table, ReadOnlySpan<double> fallback, Span<double> result)
    {
        var classes = table.ClassCount;
        if (!fallback.IsEmpty)
        {
            ClassDistributions.CheckLength(fallback.Length, 1, classes, nameof(fallback));
        }

        for (var n = 0; n < table.ItemCount; n++)
        {
            var row = result.Slice(n * classes, classes);
            var (start, end) = table.RangeOfItem(n);
            if (start == end)
            {
                if (fallback.IsEmpty)
                {
                    row.Fill(1.0 / classes);
                }
                else
                {
                    fallback.CopyTo(row);
                }
            }

            // Counted first and divided once: equal counts stay exactly equal, so ties are ties.
            for (var i = start; i < end; i++)
            {
                row[table.Classes[i]]++;
            }

            for (var k = 0; k < classes && start < end; k++)
            {
                row[k] /= end - start;
            }
        }
    }

    /// <summary>Share of all annotations that name each class [K]; uniform without annotations.</summary>
    public static double[] ClassShares(AnnotationTable table)
    {
        var shares = new double[table.ClassCount];
        foreach (var label in table.Classes)
        {
            shares[label]++;
        }

        for (var k = 0; k < shares.Length; k++)
        {
            shares[k] = table.Count == 0 ? 1.0 / shares.Length : shares[k] / table.Count;
        }

        return shares;
    }
}
