using System.Text.Json;
using LabelerService.Core.Errors;

namespace LabelerService.Server.LabelStudio;

/// <summary>Reads JSON of Label Studio's; what is not as it must be is named by its path.</summary>
internal static class StudioJson
{
    // Results of other controls may nest; nothing that is read here does.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <summary>Reads a body, which is an object.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming <c>body</c>.</exception>
    public static JsonDocument ReadObject(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
        JsonDocument document;
        try
        {
            document = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                throw new JsonException();
            }
        }
        catch (JsonException error)
        {
            throw ServiceException.InvalidField(
                "body", $"is no JSON of at most {Options.MaxDepth} levels{(error.LineNumber is { } line ? $" (line {line + 1}, byte {error.BytePositionInLine})" : "")}");
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw ServiceException.InvalidField("body", "must be a JSON object");
    }

    /// <summary>A property; null where it is missing or JSON's null.</summary>
    public static JsonElement? Find(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A property that is an object.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the path.</exception>
    public static JsonElement Object(JsonElement parent, string name, string path) =>
        Find(parent, name) is { ValueKind: JsonValueKind.Object } value ? value : throw ServiceException.InvalidField(path, "must be an object");

    /// <summary>A property that is text; null where it is missing.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the path.</exception>
    public static string? Text(JsonElement parent, string name, string path) => Find(parent, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => Text(value, path),
        _ => throw ServiceException.InvalidField(path, "must be text"),
    };

    /// <summary>Text.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the path.</exception>
    public static string Text(JsonElement value, string path)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An escape of half a surrogate pair, or bytes that are no UTF-8.
            throw ServiceException.InvalidField(path, "must be valid Unicode");
        }
    }

    /// <summary>A property that is a whole number of Label Studio's.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the path.</exception>
    public static long Number(JsonElement parent, string name, string path) =>
        Find(parent, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number)
            ? number
            : throw ServiceException.InvalidField(path, "must be a whole number");

    /// <summary>A property that is a list of objects, or one of them alone.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the path, or the entry.</exception>
    public static IReadOnlyList<(JsonElement Element, string Path)> Objects(JsonElement parent, string name, string path, int most)
    {
        switch (Find(parent, name))
        {
            case { ValueKind: JsonValueKind.Object } one:
                return [(one, path)];
            case { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() is var count && count <= most:
                var entries = new List<(JsonElement, string)>(count);
                foreach (var entry in list.EnumerateArray())
                {
                    var at = $"{path}[{entries.Count}]";
                    entries.Add(entry.ValueKind == JsonValueKind.Object ? (entry, at) : throw ServiceException.InvalidField(at, "must be an object"));
                }

                return entries;
            case { ValueKind: JsonValueKind.Array } list:
                throw ServiceException.InvalidField(path, $"has {list.GetArrayLength()} entries; at most {most} are taken at once");
            default:
                throw ServiceException.InvalidField(path, "must be a list of objects");
        }
    }
}
