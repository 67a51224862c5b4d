using System.Text.Json;
using LabelerService.Core.Errors;

namespace LabelerService.Server.OpenInference;

/// <summary>Reads the parts of a JSON text, each with an error that says where it is wrong.</summary>
internal static class JsonText
{
    /// <summary>A text, or a property's name.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: no text, or an escape that is half a character.</exception>
    public static string Value(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw ServiceException.InvalidField(field, "must be a text");
        }

        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ServiceException.InvalidField(field, "is not valid Unicode");
        }
    }

    /// <summary>A truth value.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT.</exception>
    public static bool Truth(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw ServiceException.InvalidField(field, "must be true or false"),
    };

    /// <summary>A whole number.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT.</exception>
    public static long Whole(ref Utf8JsonReader reader, string field) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value)
            ? value
            : throw ServiceException.InvalidField(field, "must be a whole number");

    /// <summary>Demands the start of an object or an array.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT.</exception>
    public static void Start(ref Utf8JsonReader reader, JsonTokenType token, string field)
    {
        if (reader.TokenType != token)
        {
            throw ServiceException.InvalidField(field, token == JsonTokenType.StartObject ? "must be an object" : "must be an array");
        }
    }

    /// <summary>
    /// Goes to the next property of an object and on to its value. A name that stands twice is refused: which of the two was meant?
    /// </summary>
    /// <param name="reader">The reader.</param>
    /// <param name="seen">Names so far.</param>
    /// <param name="field">Path of the object; empty for the request.</param>
    /// <returns>The property's name; null at the object's end.</returns>
    public static string? Property(ref Utf8JsonReader reader, List<string> seen, string field)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        var name = Value(ref reader, field.Length == 0 ? "body" : field);
        if (seen.Count == MaximumProperties)
        {
            throw ServiceException.InvalidField(field.Length == 0 ? "body" : field, $"has more than {MaximumProperties} properties");
        }

        if (seen.Contains(name))
        {
            throw ServiceException.InvalidField(Join(field, name), "stands there twice");
        }

        seen.Add(name);
        reader.Read();
        return name;
    }

    /// <summary>Path of a property.</summary>
    public static string Join(string field, string name)
    {
        var shown = name.Length <= 64 ? name : name[..64] + "…";
        return field.Length == 0 ? shown : $"{field}.{shown}";
    }

    // Far more than the protocol has; bounds the search for names that stand twice.
    private const int MaximumProperties = 64;
}
