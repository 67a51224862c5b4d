namespace LabelerService.Core.Parallelism;

/// <summary>
/// Loops over blocks on several threads. Bounds of blocks follow from the data alone and never from the number of threads: what is summed
/// within a block is summed by one thread, and blocks are summed in their order, so results are the same bits for any number of threads.
/// Cancellation is looked at before each block.
/// </summary>
internal sealed class Blocks
{
    private readonly ParallelOptions _options;

    /// <param name="threads">Threads at most; 0: all processors.</param>
    /// <param name="cancel">Cancels between blocks.</param>
    internal Blocks(int threads, CancellationToken cancel) => _options = new ParallelOptions
    {
        MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount,
        CancellationToken = cancel,
    };

    /// <summary>Threads used at most.</summary>
    internal int Threads => _options.MaxDegreeOfParallelism;

    /// <summary>Number of blocks of one size that the range [0, count) is cut into.</summary>
    internal static int Count(int count, int size) => (int)(((long)count + size - 1) / size);

    /// <summary>Cuts rows into blocks of about equal cost.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="size">Cost of a block. Rows that cost less together are one block, and are summed as a plain loop would.</param>
    /// <param name="costBefore">Cost of the rows [0, n), for n in [0, rows]; never falls.</param>
    /// <returns>Bounds: block b is [bounds[b], bounds[b + 1]). At least one block, which may be empty.</returns>
    internal static int[] Cut(int rows, long size, Func<int, long> costBefore)
    {
        List<int> bounds = [0];
        var start = 0L;
        for (var n = 1; n < rows; n++)
        {
            var cost = costBefore(n);
            if (cost - start >= size)
            {
                bounds.Add(n);
                start = cost;
            }
        }

        bounds.Add(rows);
        return [.. bounds];
    }

    /// <summary>Runs the body on the blocks that <see cref="Cut"/> gave: number of the block, first row, and the row after the last.</summary>
    internal void Run(int[] bounds, Action<int, int, int> body) => Run(bounds.Length - 1, block => body(block, bounds[block], bounds[block + 1]));

    /// <summary>Runs the body on [start, end) of each block of the range [0, count).</summary>
    internal void Run(int count, int size, Action<int, int> body) =>
        Run(Count(count, size), block => body(block * size, End(count, size, block)));

    /// <summary>Runs the body on each block of the range [0, count): number of the block, start, end, and what the thread keeps.</summary>
    /// <typeparam name="T">What a thread keeps from block to block.</typeparam>
    /// <param name="count">Length of the range.</param>
    /// <param name="size">Length of a block.</param>
    /// <param name="create">Makes what a thread keeps.</param>
    /// <param name="body">Does a block.</param>
    /// <param name="finish">Takes what a thread has kept, in any order; one at a time.</param>
    internal void Run<T>(int count, int size, Func<T> create, Action<int, int, int, T> body, Action<T>? finish = null)
    {
        var blocks = Count(count, size);
        if (Threads == 1 || blocks <= 1)
        {
            var own = create();
            for (var block = 0; block < blocks; block++)
            {
                _options.CancellationToken.ThrowIfCancellationRequested();
                body(block, block * size, End(count, size, block), own);
            }

            _options.CancellationToken.ThrowIfCancellationRequested();
            finish?.Invoke(own);
            return;
        }

        var finishing = new Lock();
        Parallel.For(
            0, blocks, _options, create,
            (block, _, own) =>
            {
                body(block, block * size, End(count, size, block), own);
                return own;
            },
            own =>
            {
                lock (finishing)
                {
                    finish?.Invoke(own);
                }
            });
    }

    /// <summary>Sum of what the body returns for each block, in their order.</summary>
    internal double Sum(int count, int size, Func<int, int, double> body)
    {
        var sum = 0.0;
        foreach (var part in Parts(count, size, body))
        {
            sum += part;
        }

        return sum;
    }

    /// <summary>Largest of what the body returns for each block; 0 without blocks.</summary>
    internal double Max(int count, int size, Func<int, int, double> body)
    {
        var max = 0.0;
        foreach (var part in Parts(count, size, body))
        {
            max = Math.Max(max, part);
        }

        return max;
    }

    private double[] Parts(int count, int size, Func<int, int, double> body)
    {
        var parts = new double[Count(count, size)];
        Run(count, size, (start, end) => parts[start / size] = body(start, end));
        return parts;
    }

    private void Run(int blocks, Action<int> body)
    {
        if (Threads == 1 || blocks <= 1)
        {
            for (var block = 0; block < blocks; block++)
            {
                _options.CancellationToken.ThrowIfCancellationRequested();
                body(block);
            }

            _options.CancellationToken.ThrowIfCancellationRequested();
            return;
        }

        Parallel.For(0, blocks, _options, body);
    }

    private static int End(int count, int size, int block) => (int)Math.Min((block + 1L) * size, count);
}
