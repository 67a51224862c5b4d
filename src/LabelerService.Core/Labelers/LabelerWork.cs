using LabelerService.Core.Annotations;

namespace LabelerService.Core.Labelers;

/// <summary>Runs something for every labeler on several threads, with progress by annotations done.</summary>
internal sealed class LabelerWork(AnnotationTable table, int threads, IProgress<double>? progress, CancellationToken cancellationToken)
{
    // Progress is reported in steps of this share.
    private const double Step = 0.01;

    private readonly Lock _reporting = new();
    private double _reported;

    /// <summary>Runs an action for each labeler, in any order.</summary>
    /// <param name="from">Progress at the start.</param>
    /// <param name="to">Progress at the end.</param>
    /// <param name="scratch">Makes a thread's own buffers.</param>
    /// <param name="action">What is to be done for a labeler; must not touch another's results.</param>
    public void Run<TScratch>(double from, double to, Func<TScratch> scratch, Action<int, TScratch> action)
    {
        long done = 0;
        var total = table.Count + (double)table.LabelerCount;
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = threads == 0 ? Environment.ProcessorCount : threads,
            CancellationToken = cancellationToken,
        };
        Parallel.For(0, table.LabelerCount, parallel, scratch, (labeler, _, own) =>
        {
            action(labeler, own);
            var now = Interlocked.Add(ref done, table.CountOfLabeler(labeler) + 1);
            Report(from + ((to - from) * now / total));
            return own;
        }, _ => { });
        cancellationToken.ThrowIfCancellationRequested();
        Report(to);
    }

    /// <summary>Reports progress unless more, or hardly less, was reported before.</summary>
    public void Report(double share)
    {
        if (progress is null || share < Volatile.Read(ref _reported) + Step && share < 1)
        {
            return;
        }

        lock (_reporting)
        {
            if (share > _reported)
            {
                _reported = share;
                progress.Report(Math.Min(1, share));
            }
        }
    }
}
