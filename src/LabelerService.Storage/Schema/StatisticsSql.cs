namespace LabelerService.Storage.Schema;

/// <summary>
/// What the planner may know of how rows are spread over datasets: nothing. Where it knows the datasets there were at the last ANALYZE, one
/// that came since has no row for it, however many it has: then it reads a whole dataset anew for each row of another table, and 20,000
/// annotations take a minute to export. Without statistics every dataset has half a percent of the rows, and indexes are what serves.
/// </summary>
internal static class StatisticsSql
{
    private static readonly string[] Tables = ["items", "annotations", "annotation_history", "labelers", "predictions"];

    // A type that is set, though to what it was, drops what is known already; nothing is rewritten.
    public static readonly string Up = string.Concat(Tables.Select(table => $"""
        ALTER TABLE {table} ALTER COLUMN dataset_id SET STATISTICS 0;
        ALTER TABLE {table} ALTER COLUMN dataset_id TYPE bigint;

        """));

    public static readonly string Down = string.Concat(Tables.Select(table => $"ALTER TABLE {table} ALTER COLUMN dataset_id SET STATISTICS -1;\n"));
}
