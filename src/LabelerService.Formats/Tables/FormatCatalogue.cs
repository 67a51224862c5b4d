using LabelerService.Formats.Csv;
using LabelerService.Formats.JsonLines;
using LabelerService.Formats.LabelStudio;
using LabelerService.Formats.Parquet;

namespace LabelerService.Formats.Tables;

/// <summary>The formats that are known.</summary>
public static class FormatCatalogue
{
    private const int HeadBytes = 4096;

    /// <summary>All formats; a new one is a class and a line here. Where extensions or contents would do for two, the first wins.</summary>
    public static IReadOnlyList<ITableFormat> All { get; } =
    [
        new ParquetFormat(),
        new JsonLinesFormat(),
        new LabelStudioFormat(),
        DelimitedFormat.Csv,
        DelimitedFormat.Tsv,
        DelimitedFormat.CrowdKit,
    ];

    /// <summary>The formats that hold a kind of row.</summary>
    public static IEnumerable<ITableFormat> Holding(RowKind kind) => All.Where(format => format.Holds(kind));

    /// <summary>The format of that name; null if there is none.</summary>
    public static ITableFormat? Find(string name) =>
        All.FirstOrDefault(format => string.Equals(format.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The format that files of that name have; null if the extension says nothing.</summary>
    public static ITableFormat? ForPath(string path, RowKind kind)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        return Holding(kind).FirstOrDefault(format => format.Extensions.Contains(extension));
    }

    /// <summary>
    /// The format of a file: by its extension; where that says nothing, or can mean two (<c>.json</c>), by its content.
    /// </summary>
    /// <param name="path">Its path.</param>
    /// <param name="stream">The file, seekable; left where it was.</param>
    /// <param name="kind">What its rows are.</param>
    /// <returns>Null if it is none of the formats that hold this kind.</returns>
    public static ITableFormat? Detect(string path, Stream stream, RowKind kind)
    {
        var position = stream.Position;
        var head = new byte[HeadBytes];
        var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        stream.Position = position;
        var content = head.AsSpan(0, read);
        if (!string.Equals(Path.GetExtension(path), ".json", StringComparison.OrdinalIgnoreCase) && ForPath(path, kind) is { } named)
        {
            return named;
        }

        foreach (var format in Holding(kind))
        {
            if (format.Recognises(content))
            {
                return format;
            }
        }

        return null;
    }
}
