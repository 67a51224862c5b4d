namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>
/// Work in blocks whose bounds follow from the data alone, never from the number of threads: what is summed within a block is summed in
/// order by one thread, and blocks are summed in order, so results are the same bits for any number of threads.
/// </summary>
internal static class FixedBlocks
{
    /// <summary>Cost of a block. Smaller data are one block, and are summed as a plain loop would.</summary>
    public const int Size = 131_072;

    /// <summary>Cuts rows into blocks of about equal cost.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="costBefore">Cost of the rows [0, n), for n in [0, rows]; never falls.</param>
    /// <returns>Bounds: block b is [bounds[b], bounds[b + 1]). At least one block, which may be empty.</returns>
    public static int[] Cut(int rows, Func<int, long> costBefore)
    {
        List<int> bounds = [0];
        var start = 0L;
        for (var n = 1; n < rows; n++)
        {
            var cost = costBefore(n);
            if (cost - start >= Size)
            {
                bounds.Add(n);
                start = cost;
            }
        }

        bounds.Add(rows);
        return [.. bounds];
    }

    /// <summary>Runs all blocks.</summary>
    /// <param name="bounds">What <see cref="Cut"/> gave.</param>
    /// <param name="control">Threads, and cancellation, which is checked before each block.</param>
    /// <param name="body">Block number, first row, and the row after the last.</param>
    public static void Run(int[] bounds, AggregationControl control, Action<int, int, int> body)
    {
        var blocks = bounds.Length - 1;
        var threads = Math.Min(blocks, control.EffectiveThreads);
        if (threads == 1)
        {
            for (var b = 0; b < blocks; b++)
            {
                control.Cancel.ThrowIfCancellationRequested();
                body(b, bounds[b], bounds[b + 1]);
            }

            return;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = control.Cancel };
        Parallel.For(0, blocks, options, b => body(b, bounds[b], bounds[b + 1]));
    }
}
