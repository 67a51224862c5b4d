using LabelerService.Core.Annotations;

namespace LabelerService.Storage.Insight;

/// <summary>
/// A dataset as insight sees it, as of one moment: every item and labeler, every annotation that is not retracted, no features and no texts
/// of items. Immutable, so that any number of computations may share it.
/// </summary>
public sealed class InsightData
{
    internal InsightData(long datasetKey, string snapshot) => (DatasetKey, Snapshot) = (datasetKey, snapshot);

    /// <summary>The state it shows.</summary>
    public required InsightState State { get; init; }

    /// <summary>When it was read (database clock).</summary>
    public required DateTimeOffset ReadTime { get; init; }

    /// <summary>Keys of the items, ascending [N]: what the table's item indexes mean.</summary>
    public required long[] ItemKeys { get; init; }

    /// <summary>Gold class of each item [N], −1 for none.</summary>
    public required int[] Gold { get; init; }

    /// <summary>How many items have a gold class.</summary>
    public required int GoldCount { get; init; }

    /// <summary>Keys of the labelers, ascending [R].</summary>
    public required long[] LabelerKeys { get; init; }

    /// <summary>External ids of the labelers [R].</summary>
    public required string[] LabelerIds { get; init; }

    /// <summary>The annotations, by item and within an item by labeler key.</summary>
    public required AnnotationTable Table { get; init; }

    /// <summary>
    /// When each annotation was made, or received where that is not known: milliseconds since 1970 UTC, at the positions of <see cref="Table"/>.
    /// </summary>
    public required long[] Times { get; init; }

    /// <summary>How long each annotation took in milliseconds, −1 where that is not known; at the positions of <see cref="Table"/>.</summary>
    public required int[] DurationsMs { get; init; }

    /// <summary>Bytes of memory that it takes, about.</summary>
    public long EstimatedBytes
    {
        get
        {
            const int anItem = sizeof(long) + sizeof(int) + sizeof(int);
            const int anAnnotation = (4 * sizeof(int)) + sizeof(long) + sizeof(int);
            const int aLabeler = sizeof(long) + sizeof(int) + 64;
            return ((long)ItemKeys.Length * anItem) + ((long)Table.Count * anAnnotation) + ((long)LabelerKeys.Length * aLabeler);
        }
    }

    /// <summary>What the database showed (<c>pg_snapshot</c>): which transactions are in it, which not.</summary>
    internal string Snapshot { get; }

    /// <summary>Key of the dataset.</summary>
    internal long DatasetKey { get; }
}

/// <summary>How data were brought up to date.</summary>
public enum InsightReadKind
{
    /// <summary>Nothing had changed: it is what was there before.</summary>
    Unchanged,

    /// <summary>Only what had come since was read, and merged into what was there.</summary>
    Incremental,

    /// <summary>Everything was read.</summary>
    Full,
}

/// <summary>The data of a dataset, and how they were got.</summary>
/// <param name="Data">The data.</param>
/// <param name="Kind">How they were got.</param>
/// <param name="RowsRead">Annotations that were read from the database.</param>
public sealed record InsightRead(InsightData Data, InsightReadKind Kind, long RowsRead);
