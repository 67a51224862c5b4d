using CsCheck;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Tests.Aggregation;

internal static class Tables
{
    /// <summary>Small random tables: some items without annotations, some labelers too, repeats, disjoint items, one class.</summary>
    public static Gen<AnnotationTable> Any { get; } =
        from items in Gen.Int[1, 12]
        from labelers in Gen.Int[1, 5]
        from classes in Gen.Int[1, 4]
        from rows in Gen.Select(Gen.Int[0, items - 1], Gen.Int[0, labelers - 1], Gen.Int[0, classes - 1]).Array[0, 40]
        select new AnnotationTable(
            items, labelers, classes, [.. rows.Select(row => row.Item1)], [.. rows.Select(row => row.Item2)],
            [.. rows.Select(row => row.Item3)]);

    public static AnnotationTable Of(int items, int labelers, int classes, params (int Item, int Labeler, int Class)[] rows) =>
        new(items, labelers, classes, [.. rows.Select(row => row.Item)], [.. rows.Select(row => row.Labeler)],
            [.. rows.Select(row => row.Class)]);

    /// <summary>Distributions, row-major [rows, K].</summary>
    public static double[] Distributions(Random random, int rows, int classes)
    {
        var values = new double[rows * classes];
        for (var n = 0; n < rows; n++)
        {
            var row = values.AsSpan(n * classes, classes);
            for (var k = 0; k < classes; k++)
            {
                row[k] = 0.05 + random.NextDouble();
            }

            var sum = row.ToArray().Sum();
            for (var k = 0; k < classes; k++)
            {
                row[k] /= sum;
            }
        }

        return values;
    }

    public static void AssertDistributions(ReadOnlySpan<double> values, int classes)
    {
        for (var n = 0; n < values.Length / classes; n++)
        {
            var row = values.Slice(n * classes, classes).ToArray();
            Assert.All(row, p => Assert.InRange(p, 0, 1));
            Assert.Equal(1, row.Sum(), 1e-9);
        }
    }
}
