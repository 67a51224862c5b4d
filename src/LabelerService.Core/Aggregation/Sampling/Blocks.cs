namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>Work on fixed blocks of a range by any number of threads.</summary>
internal sealed class Blocks(int count, int size, int threads, CancellationToken cancellationToken)
{
    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };

    /// <summary>Number of blocks.</summary>
    public int Count => (int)(((long)count + size - 1) / size);

    /// <summary>Calls the action for each block with [start, end) of it.</summary>
    /// <param name="scratch">Makes what a thread needs for itself.</param>
    /// <param name="action">Block, start, end, scratch.</param>
    public void Run<T>(Func<T> scratch, Action<int, int, int, T> action)
    {
        if (threads == 1 || Count < 2)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var own = scratch();
            for (var block = 0; block < Count; block++)
            {
                action(block, block * size, Math.Min(count, (block + 1) * size), own);
            }

            return;
        }

        Parallel.For(
            0, Count, _options, scratch,
            (block, _, own) =>
            {
                action(block, block * size, Math.Min(count, (block + 1) * size), own);
                return own;
            },
            _ => { });
    }
}
