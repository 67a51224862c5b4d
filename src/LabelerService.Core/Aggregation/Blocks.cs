using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>
/// Loops over fixed blocks on several threads. Blocks depend on the data only and sums are taken in the order of blocks, so results are the
/// same bits for any number of threads. Cancellation is looked at before each block.
/// </summary>
internal sealed class Blocks
{
    /// <summary>Below this many annotations (times classes) starting threads costs more than it saves.</summary>
    internal const long SmallestParallelWork = 60_000;

    private readonly ParallelOptions _options;

    internal Blocks(int threads, CancellationToken cancel) =>
        _options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel };

    /// <summary>Threads used at most.</summary>
    internal int Threads => _options.MaxDegreeOfParallelism;

    /// <summary>All the threads allowed, or one where the data are small.</summary>
    internal static Blocks For(AnnotationTable table, AggregationControl control) => new(
        ((long)table.Count + table.ItemCount) * table.ClassCount < SmallestParallelWork ? 1 : control.EffectiveThreads, control.Cancel);

    /// <summary>Runs the body on [start, end) of each block of the range [0, count).</summary>
    internal void Run(int count, int size, Action<int, int> body)
    {
        var blocks = BlockCount(count, size);
        if (Threads == 1 || blocks <= 1)
        {
            for (var block = 0; block < blocks; block++)
            {
                _options.CancellationToken.ThrowIfCancellationRequested();
                body(block * size, (int)Math.Min((block + 1L) * size, count));
            }

            _options.CancellationToken.ThrowIfCancellationRequested();
            return;
        }

        Parallel.For(0, blocks, _options, block => body(block * size, (int)Math.Min((block + 1L) * size, count)));
    }

    /// <summary>Sum of what the body returns for each block, in their order.</summary>
    internal double Sum(int count, int size, Func<int, int, double> body)
    {
        var parts = new double[BlockCount(count, size)];
        Run(count, size, (start, end) => parts[start / size] = body(start, end));
        var sum = 0.0;
        foreach (var part in parts)
        {
            sum += part;
        }

        return sum;
    }

    /// <summary>Largest of what the body returns for each block; 0 without blocks.</summary>
    internal double Max(int count, int size, Func<int, int, double> body)
    {
        var parts = new double[BlockCount(count, size)];
        Run(count, size, (start, end) => parts[start / size] = body(start, end));
        var max = 0.0;
        foreach (var part in parts)
        {
            max = Math.Max(max, part);
        }

        return max;
    }

    private static int BlockCount(int count, int size) => (int)(((long)count + size - 1) / size);
}
