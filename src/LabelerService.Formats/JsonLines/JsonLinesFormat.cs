using LabelerService.Formats.Tables;

namespace LabelerService.Formats.JsonLines;

/// <summary>JSON Lines: one JSON object a line, UTF-8, keys as our columns are named.</summary>
public sealed class JsonLinesFormat : ITableFormat
{
    /// <inheritdoc/>
    public string Name => "jsonl";

    /// <inheritdoc/>
    public string Description => "JSON Lines, one object a line";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".jsonl", ".ndjson"];

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head) => head[Utf8Text.MarkLength(head)..].TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <inheritdoc/>
    public bool Holds(RowKind kind) => true;

    /// <inheritdoc/>
    public TableReader OpenReader(Stream stream, RowKind kind, IReadOnlyList<Column> columns, ReadOptions options) =>
        new JsonLinesReader(stream, columns, options);

    /// <inheritdoc/>
    public TableWriter OpenWriter(Stream stream, RowKind kind, IReadOnlyList<Column> columns, WriteOptions options) =>
        new JsonLinesWriter(stream, columns);
}
