using LabelerService.Core.Agreement;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Agreement;

/// <summary>The coefficients straight from their definitions: every pair of annotations, every cell of every table.</summary>
internal static class PairwiseAgreement
{
    public static double? Alpha(AnnotationTable table, AgreementScale scale)
    {
        var units = Units(table).Where(unit => unit.Length > 1).ToList();
        var counts = new double[table.ClassCount];
        foreach (var label in units.SelectMany(unit => unit))
        {
            counts[label]++;
        }

        double n = counts.Sum(), observed = 0, expected = 0;
        foreach (var unit in units)
        {
            for (var i = 0; i < unit.Length; i++)
            {
                for (var j = 0; j < unit.Length; j++)
                {
                    observed += i == j ? 0 : Distance(unit[i], unit[j]) / (unit.Length - 1);
                }
            }
        }

        for (var c = 0; c < counts.Length; c++)
        {
            for (var d = 0; d < counts.Length; d++)
            {
                expected += counts[c] * counts[d] * Distance(c, d);
            }
        }

        return expected > 0 ? 1 - ((n - 1) * observed / expected) : null;

        double Distance(int c, int d)
        {
            var (low, high) = (Math.Min(c, d), Math.Max(c, d));
            var between = counts[low..(high + 1)].Sum() - ((counts[low] + counts[high]) / 2);
            return scale switch
            {
                AgreementScale.Nominal => c == d ? 0 : 1,
                AgreementScale.Ordinal => between * between,
                _ => (c - d) * (c - d),
            };
        }
    }

    public static (double? Percent, double? Fleiss) PercentAndFleiss(AnnotationTable table)
    {
        var units = Units(table).Where(unit => unit.Length > 0).ToList();
        if (units.All(unit => unit.Length < 2))
        {
            return (null, null);
        }

        var percent = units.Where(unit => unit.Length > 1).Average(Share);
        var chance = Enumerable.Range(0, table.ClassCount)
            .Sum(c => Math.Pow(units.Average(unit => (double)unit.Count(label => label == c) / unit.Length), 2));
        return (percent, units.SelectMany(unit => unit).Distinct().Count() > 1 ? (percent - chance) / (1 - chance) : null);
    }

    public static double Share(AnnotationTable table, int item) => Share(Units(table, item));

    public static IEnumerable<LabelerPair> Pairs(AnnotationTable table, bool ordered) =>
        from a in Enumerable.Range(0, table.LabelerCount)
        from b in Enumerable.Range(a + 1, table.LabelerCount - a - 1)
        let shared = (from x in Rows(table, a) join y in Rows(table, b) on x.Item equals y.Item select (A: x.Class, B: y.Class)).ToList()
        where shared.Count > 0
        orderby shared.Count descending, a, b
        let kappa = Kappa(shared, table.ClassCount, (c, d) => c == d ? 0 : 1)
        let weighted = Kappa(shared, table.ClassCount, (c, d) => (c - d) * (c - d))
        select new LabelerPair(a, b, shared.Count, shared.Average(s => s.A == s.B ? 1.0 : 0), kappa, ordered ? weighted : null);

    // 1 − Σ w o / Σ w e over the cells of the table of two labelers (Cohen 1968, eq. 6).
    private static double? Kappa(List<(int A, int B)> shared, int classes, Func<int, int, double> weight)
    {
        double observed = 0, expected = 0;
        for (var c = 0; c < classes; c++)
        {
            for (var d = 0; d < classes; d++)
            {
                observed += weight(c, d) * shared.Count(s => s.A == c && s.B == d) / shared.Count;
                expected += weight(c, d) * shared.Count(s => s.A == c) * shared.Count(s => s.B == d) / shared.Count / shared.Count;
            }
        }

        return expected > 0 ? 1 - (observed / expected) : null;
    }

    private static double Share(int[] unit)
    {
        var equal = 0.0;
        for (var i = 0; i < unit.Length; i++)
        {
            for (var j = 0; j < unit.Length; j++)
            {
                equal += i != j && unit[i] == unit[j] ? 1 : 0;
            }
        }

        return equal / (unit.Length * (unit.Length - 1));
    }

    private static IEnumerable<int[]> Units(AnnotationTable table) =>
        Enumerable.Range(0, table.ItemCount).Select(n => Units(table, n));

    private static int[] Units(AnnotationTable table, int item)
    {
        var (start, end) = table.RangeOfItem(item);
        return table.Classes[start..end].ToArray();
    }

    private static IEnumerable<(int Item, int Class)> Rows(AnnotationTable table, int labeler) =>
        table.PositionsOfLabeler(labeler).ToArray().Select(i => (table.Items[i], table.Classes[i]));
}
