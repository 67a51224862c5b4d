using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Items;

/// <summary>Work on items in blocks of fixed size, whatever the number of threads, so that results do not depend on it.</summary>
internal static class ItemBlocks
{
    /// <summary>Items of a block.</summary>
    public const int Size = 2048;

    /// <summary>Runs the work on every block; blocks are independent of each other.</summary>
    /// <typeparam name="TLocal">What a thread keeps from block to block.</typeparam>
    /// <param name="items">Number of items.</param>
    /// <param name="threads">Threads at most; 0: all processors.</param>
    /// <param name="create">Makes what a thread keeps.</param>
    /// <param name="work">Does the items [start, end).</param>
    /// <param name="finish">Takes what a thread has kept; one at a time.</param>
    /// <param name="progress">Told the share of the items that are done.</param>
    /// <param name="cancel">Checked before each block.</param>
    public static void Run<TLocal>(
        int items, int threads, Func<TLocal> create, Action<TLocal, int, int> work, Action<TLocal>? finish, IProgress<double>? progress,
        CancellationToken cancel)
    {
        var blocks = Blocks.Count(items, Size);
        var gate = new Lock();
        var done = 0;
        new Blocks(threads, cancel).Run(
            items, Size, create,
            (_, start, end, local) =>
            {
                work(local, start, end);
                if (progress is not null)
                {
                    lock (gate)
                    {
                        progress.Report((double)++done / blocks);
                    }
                }
            },
            finish);
    }
}
