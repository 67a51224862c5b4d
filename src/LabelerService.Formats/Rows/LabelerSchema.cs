using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Rows of labelers; tags are one JSON object.</summary>
public sealed class LabelerSchema : RowSchema<LabelerRow>
{
    private static readonly Dictionary<string, string> NoTags = [];

    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Labelers;

    /// <inheritdoc/>
    public override IReadOnlyList<Column> Columns { get; } =
    [
        new Column("labeler", Required: true, OtherNames: ["worker", "performer"]),
        new Column("display_name"),
        new Column("tags", ColumnType.Json),
    ];

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<Cell> cells, [MaybeNullWhen(false)] out LabelerRow row, [NotNullWhen(false)] out string? problem)
    {
        var reader = new CellReader(cells, Columns);
        var labeler = reader.Key(0);
        var display = reader.Text(1) ?? "";
        var tags = NoTags;
        if (reader.Text(2) is { } text && !TryReadTags(text, out tags))
        {
            reader.Refuse(2, "must be a JSON object of texts, each key once: {\"site\": \"north\"}");
        }

        problem = reader.Problem;
        row = problem is null ? new LabelerRow(labeler, display, tags!) : null;
        return problem is null;
    }

    /// <inheritdoc/>
    public override void Write(LabelerRow row, Span<Cell> cells)
    {
        cells[0] = Cell.Of(row.Labeler);
        cells[1] = row.DisplayName.Length == 0 ? default : Cell.Of(row.DisplayName);
        cells[2] = row.Tags.Count == 0 ? default : Cell.Of(TagsText(row.Tags));
    }

    private static bool TryReadTags(string text, [NotNullWhen(true)] out Dictionary<string, string>? tags)
    {
        tags = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.EnumerateObject().All(AddTo(tags)))
            {
                return true;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or text that is not Unicode: the same to whoever wrote it.
        }

        tags = null;
        return false;
    }

    private static Func<JsonProperty, bool> AddTo(Dictionary<string, string> tags) =>
        property => property.Value.ValueKind == JsonValueKind.String && tags.TryAdd(property.Name, property.Value.GetString()!);

    // Sorted, so that the same tags are the same text.
    private static string TagsText(IReadOnlyDictionary<string, string> tags)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (var (key, value) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
