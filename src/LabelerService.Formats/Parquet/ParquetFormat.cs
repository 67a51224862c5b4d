using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Parquet;

/// <summary>Apache Parquet, row group by row group.</summary>
public sealed class ParquetFormat : ITableFormat
{
    /// <inheritdoc/>
    public string Name => "parquet";

    /// <inheritdoc/>
    public string Description => "Apache Parquet, with types";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".parquet"];

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    /// <inheritdoc/>
    public bool Holds(RowKind kind) => true;

    /// <inheritdoc/>
    public TableReader OpenReader(Stream stream, RowKind kind, IReadOnlyList<Column> columns, ReadOptions options) =>
        new ParquetTableReader(stream, columns);

    /// <inheritdoc/>
    public TableWriter OpenWriter(Stream stream, RowKind kind, IReadOnlyList<Column> columns, WriteOptions options) =>
        new ParquetTableWriter(stream, columns);
}
