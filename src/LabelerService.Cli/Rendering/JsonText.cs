using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LabelerService.Cli.Rendering;

/// <summary>Writes documents as JSON: snake_case names, numbers that JSON does not have as null.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = Create(indented: true);

    private static readonly JsonSerializerOptions LineOptions = Create(indented: false);

    /// <summary>The document as text.</summary>
    public static string Of(object document) => JsonSerializer.Serialize(document, Options);

    /// <summary>The document as text on one line.</summary>
    public static string LineOf(object document) => JsonSerializer.Serialize(document, LineOptions);

    private static JsonSerializerOptions Create(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        Converters = { new FiniteDouble() },
    };

    private sealed class FiniteDouble : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}
