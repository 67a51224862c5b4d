using System.Text.Encodings.Web;
using System.Text.Json;
using LabelerService.Contracts.Inference;

namespace LabelerService.Server.OpenInference;

/// <summary>Writes small JSON answers of the protocol.</summary>
internal static class HttpAnswers
{
    /// <summary>How JSON is written: readable, since it is answered as JSON and goes into no page.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an object.</summary>
    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> properties)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await using (var json = new Utf8JsonWriter(context.Response.BodyWriter, Options))
        {
            json.WriteStartObject();
            properties(json);
            json.WriteEndObject();
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>Writes an error as the protocol has it: <c>{"error": "…"}</c>.</summary>
    public static Task WriteErrorAsync(HttpContext context, int status, string message)
    {
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        return WriteAsync(context, status, json => json.WriteString("error", message));
    }

    /// <summary>Writes an array of texts.</summary>
    public static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a model's metadata.</summary>
    public static void WriteMetadata(Utf8JsonWriter json, ModelMetadataResponse metadata)
    {
        json.WriteString("name", metadata.Name);
        WriteArray(json, "versions", metadata.Versions);
        json.WriteString("platform", metadata.Platform);
        WriteTensors(json, "inputs", metadata.Inputs);
        WriteTensors(json, "outputs", metadata.Outputs);
        json.WriteStartObject("properties");
        foreach (var (name, value) in metadata.Properties)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter json, string name, IEnumerable<ModelMetadataResponse.Types.TensorMetadata> tensors)
    {
        json.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("datatype", tensor.Datatype);
            WriteShape(json, tensor.Shape);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a shape.</summary>
    public static void WriteShape(Utf8JsonWriter json, IEnumerable<long> shape)
    {
        json.WriteStartArray("shape");
        foreach (var side in shape)
        {
            json.WriteNumberValue(side);
        }

        json.WriteEndArray();
    }
}
