namespace LabelerService.Storage.Partitions;

/// <summary>A large table, as it is stored.</summary>
/// <param name="Name">The table.</param>
/// <param name="Partitions">Its hash partitions by dataset; 0 for a plain table.</param>
/// <param name="Bytes">What it takes on the disk, indexes included.</param>
public sealed record PartitionedTable(string Name, int Partitions, long Bytes);

/// <summary>How far the rewriting of a table is.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">Rows written.</param>
/// <param name="Share">From 0 to 1.</param>
/// <param name="Done">True once for each table, when its indexes are made too.</param>
public sealed record PartitionProgress(string Table, long Rows, double Share, bool Done);
