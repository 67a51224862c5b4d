using LabelerService.Formats.Tables;

namespace LabelerService.Formats.LabelStudio;

/// <summary>
/// Label Studio's export: JSON (an array of tasks with their annotations) and JSON_MIN (an array of flat annotations). Written, it is JSON.
/// It has no confidence; what a labeler took back is not in it.
/// </summary>
public sealed class LabelStudioFormat : ITableFormat
{
    /// <inheritdoc/>
    public string Name => "label-studio";

    /// <inheritdoc/>
    public string Description => "Label Studio's JSON or JSON_MIN export: labels without confidence";

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; } = [".json"];

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head) => head[Utf8Text.MarkLength(head)..].TrimStart(" \t\r\n"u8) is [(byte)'[', ..];

    /// <inheritdoc/>
    public bool Holds(RowKind kind) => kind == RowKind.Labels;

    /// <inheritdoc/>
    public TableReader OpenReader(Stream stream, RowKind kind, IReadOnlyList<Column> columns, ReadOptions options) =>
        new LabelStudioReader(stream, columns, options);

    /// <inheritdoc/>
    public TableWriter OpenWriter(Stream stream, RowKind kind, IReadOnlyList<Column> columns, WriteOptions options) =>
        new LabelStudioWriter(stream, columns);
}
