using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Csv;

/// <summary>Delimited text (RFC 4180, UTF-8, a header in the first line): comma-separated, tab-separated, and with crowd-kit's names.</summary>
public sealed class DelimitedFormat : ITableFormat
{
    private readonly byte _delimiter;
    private readonly bool _crowdKit;

    private DelimitedFormat(string name, string description, byte delimiter, bool crowdKit, params string[] extensions)
    {
        Name = name;
        Description = description;
        Extensions = extensions;
        _delimiter = delimiter;
        _crowdKit = crowdKit;
    }

    /// <summary>Comma-separated.</summary>
    public static DelimitedFormat Csv { get; } = new("csv", "comma-separated (RFC 4180), with a header", (byte)',', crowdKit: false, ".csv");

    /// <summary>Tab-separated.</summary>
    public static DelimitedFormat Tsv { get; } =
        new("tsv", "tab-separated, quoted as CSV is", (byte)'\t', crowdKit: false, ".tsv", ".tab");

    /// <summary>crowd-kit's <c>task,worker,label</c>; read, it is CSV or TSV, whose columns may have these names anyway.</summary>
    public static DelimitedFormat CrowdKit { get; } =
        new("crowd-kit", "crowd-kit's task,worker,label: labels without confidence, duration and time", (byte)',', crowdKit: true);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Extensions { get; }

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head)
    {
        if (_crowdKit || head.Contains((byte)0))
        {
            return false;
        }

        var end = head.IndexOfAny((byte)'\n', (byte)'\r');
        var line = end < 0 ? head : head[..end];
        return line.Contains(_delimiter);
    }

    /// <inheritdoc/>
    public bool Holds(RowKind kind) => !_crowdKit || kind is RowKind.Labels or RowKind.Gold;

    /// <inheritdoc/>
    public TableReader OpenReader(Stream stream, RowKind kind, IReadOnlyList<Column> columns, ReadOptions options) =>
        new DelimitedReader(stream, columns, _crowdKit ? null : _delimiter, options);

    /// <inheritdoc/>
    public TableWriter OpenWriter(Stream stream, RowKind kind, IReadOnlyList<Column> columns, WriteOptions options) =>
        new DelimitedWriter(stream, columns, _delimiter, options, _crowdKit ? CrowdKitName : null);

    private static string? CrowdKitName(Column column) => column.Name switch
    {
        "item" => "task",
        "labeler" => "worker",
        "label" => "label",
        _ => null,
    };
}
