using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation;

/// <summary>How aggregators loop over items and labelers.</summary>
internal static class AggregationBlocks
{
    // Below this many annotations (times classes) starting threads costs more than it saves.
    private const long SmallestParallelWork = 60_000;

    /// <summary>Cost of a block of EM, in annotations: smaller data are one block, and are summed as a plain loop would.</summary>
    internal const long Cost = 131_072;

    /// <summary>All the threads allowed.</summary>
    internal static Blocks For(AggregationControl control) => new(control.Threads, control.Cancel);

    /// <summary>All the threads allowed, or one where the data are small.</summary>
    internal static Blocks For(AnnotationTable table, AggregationControl control) => new(
        ((long)table.Count + table.ItemCount) * table.ClassCount < SmallestParallelWork ? 1 : control.Threads, control.Cancel);
}
