using System.Text.Json;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.JsonLines;

/// <summary>JSON values as cells.</summary>
internal static class JsonCells
{
    /// <summary>Reads the value that a reader stands at, to its end.</summary>
    public static Cell Read(ref Utf8JsonReader reader, ColumnType type)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return default;
            case JsonTokenType.String when type == ColumnType.Bytes:
                return reader.TryGetBytesFromBase64(out var bytes) ? Cell.Of(bytes) : Cell.Bad("is not base64");
            case JsonTokenType.String:
                return Cell.Of(reader.GetString());
            case JsonTokenType.True or JsonTokenType.False:
                return Cell.Of(reader.TokenType == JsonTokenType.True);
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var integer) ? Cell.Of(integer) : Cell.Of(reader.GetDouble());
            case JsonTokenType.StartArray when type == ColumnType.Numbers:
                return ReadNumbers(ref reader);
            case JsonTokenType.StartObject when type == ColumnType.Json:
                return Cell.Of(Raw(ref reader));
            default:
                var what = reader.TokenType == JsonTokenType.StartArray ? "a list" : "an object";
                reader.Skip();
                return Cell.Bad($"is {what}");
        }
    }

    /// <summary>What is wrong with JSON, without the position within the line that the platform appends.</summary>
    public static string Describe(Exception exception)
    {
        var text = exception.Message;
        var end = text.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return exception is JsonException
            ? $"is not JSON: {Header.Shorten(end < 0 ? text : text[..end])}"
            : "has text that is not Unicode";
    }

    private static string Raw(ref Utf8JsonReader reader)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.GetRawText();
    }

    private static Cell ReadNumbers(ref Utf8JsonReader reader)
    {
        var values = new List<float>();
        var (steps, length) = (0, -1);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                var start = values.Count;
                while (reader.Read() && reader.TokenType == JsonTokenType.Number)
                {
                    values.Add(reader.GetSingle());
                }

                if (reader.TokenType != JsonTokenType.EndArray)
                {
                    return Leave(ref reader, depth: 2, $"has something other than a number in step {steps}");
                }

                if ((length >= 0 && length != values.Count - start) || (steps == 0 && start > 0))
                {
                    return Leave(ref reader, depth: 1, $"has steps of different lengths (step {steps})");
                }

                length = values.Count - start;
                steps++;
            }
            else if (reader.TokenType == JsonTokenType.Number && steps == 0)
            {
                values.Add(reader.GetSingle());
            }
            else
            {
                // The value itself may be an object: leave from where it begins.
                return Leave(ref reader, depth: 1, $"has something other than a number at {values.Count}");
            }
        }

        return Cell.Of(new NumberBlock([.. values], steps));
    }

    /// <summary>Reads on to the end of the outer list.</summary>
    private static Cell Leave(ref Utf8JsonReader reader, int depth, string reason)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            depth++;
        }

        while (depth > 0 && reader.Read())
        {
            depth += reader.TokenType switch
            {
                JsonTokenType.StartArray or JsonTokenType.StartObject => 1,
                JsonTokenType.EndArray or JsonTokenType.EndObject => -1,
                _ => 0,
            };
        }

        return Cell.Bad(reason);
    }
}
