using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>
/// Sums of rows of a matrix, the inner loop of both steps of EM. Each column is summed in the order of the rows given, so vectors change
/// no bit. Rows are read in whole vectors, beyond their end where K is no multiple of a vector, hence <see cref="Slack"/>.
/// </summary>
internal static class RowSums
{
    /// <summary>Numbers that must follow the last row of a matrix, and by which the sums may be longer than a row.</summary>
    public const int Slack = 8;

    private const int Lanes = 4;

    /// <summary>A matrix of zeros with slack behind it.</summary>
    public static double[] Matrix(long rows, int classes) => new double[checked((int)((rows * classes) + Slack))];

    /// <summary>Length of a buffer for sums.</summary>
    public static int BufferLength(int classes) => classes + Slack;

    /// <summary>Adds rows to the sums.</summary>
    /// <param name="matrix">Row-major, with slack.</param>
    /// <param name="offsets">Where the rows start.</param>
    /// <param name="sums">Sums to add to [K], with slack, in which anything may be left.</param>
    /// <param name="classes">Row length K.</param>
    public static void Add(double[] matrix, ReadOnlySpan<int> offsets, Span<double> sums, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sums.Length, classes + Slack);
        ref var source = ref matrix[0];
        ref var target = ref sums[0];
        if (classes <= 2)
        {
            AddPairs(ref source, offsets, ref target);
            return;
        }

        var done = 0;
        for (; classes - done > Lanes; done += 2 * Lanes)
        {
            AddEights(ref Unsafe.Add(ref source, done), offsets, ref Unsafe.Add(ref target, done));
        }

        if (done < classes)
        {
            AddFours(ref Unsafe.Add(ref source, done), offsets, ref Unsafe.Add(ref target, done));
        }
    }

    /// <summary>Adds rows of one matrix to rows of another.</summary>
    /// <param name="matrix">Row-major, with slack.</param>
    /// <param name="rows">Which rows are added.</param>
    /// <param name="targets">To which rows of the sums, one for each.</param>
    /// <param name="sums">Rows of <see cref="Stride"/> numbers, of which the first K are the sums and anything may be left in the others.</param>
    /// <param name="classes">Row length K.</param>
    public static void AddRows(double[] matrix, ReadOnlySpan<int> rows, ReadOnlySpan<int> targets, double[] sums, int classes)
    {
        ref var source = ref matrix[0];
        ref var sum = ref sums[0];
        var stride = Stride(classes);
        for (var i = 0; i < rows.Length; i++)
        {
            ref var from = ref Unsafe.Add(ref source, rows[i] * classes);
            ref var to = ref Unsafe.Add(ref sum, targets[i] * stride);
            for (var k = 0; k < stride; k += Lanes)
            {
                var added = Vector256.LoadUnsafe(ref to, (nuint)k) + Vector256.LoadUnsafe(ref from, (nuint)k);
                added.StoreUnsafe(ref to, (nuint)k);
            }
        }
    }

    /// <summary>Row length of whole vectors.</summary>
    public static int Stride(int classes) => (classes + Lanes - 1) / Lanes * Lanes;

    private static void AddPairs(ref double source, ReadOnlySpan<int> offsets, ref double target)
    {
        var sum = Vector128.LoadUnsafe(ref target);
        foreach (var offset in offsets)
        {
            sum += Vector128.LoadUnsafe(ref source, (nuint)offset);
        }

        sum.StoreUnsafe(ref target);
    }

    private static void AddFours(ref double source, ReadOnlySpan<int> offsets, ref double target)
    {
        var sum = Vector256.LoadUnsafe(ref target);
        foreach (var offset in offsets)
        {
            sum += Vector256.LoadUnsafe(ref source, (nuint)offset);
        }

        sum.StoreUnsafe(ref target);
    }

    private static void AddEights(ref double source, ReadOnlySpan<int> offsets, ref double target)
    {
        var low = Vector256.LoadUnsafe(ref target);
        var high = Vector256.LoadUnsafe(ref target, Lanes);
        foreach (var offset in offsets)
        {
            low += Vector256.LoadUnsafe(ref source, (nuint)offset);
            high += Vector256.LoadUnsafe(ref source, (nuint)(offset + Lanes));
        }

        low.StoreUnsafe(ref target);
        high.StoreUnsafe(ref target, Lanes);
    }
}
