using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace LabelerService.Server.OpenInference;

/// <summary>Writes predictions as JSON, flat arrays of values, or as bytes behind the JSON for the outputs that are wanted so.</summary>
internal static class JsonInferenceWriter
{
    // Kestrel takes them from here as they come; a large answer is never whole in memory as text.
    private const int FlushBytes = 64 * 1024;

    /// <summary>Writes an answer.</summary>
    /// <param name="response">The response, not started.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="isBinary">Whether the output at an index is written as bytes.</param>
    /// <param name="cancel">Cancels.</param>
    public static async Task WriteAsync(HttpResponse response, InferenceAnswer answer, Func<int, bool> isBinary, CancellationToken cancel)
    {
        if (Enumerable.Range(0, answer.Outputs.Count).Any(isBinary))
        {
            await WriteBinaryAsync(response, answer, isBinary, cancel);
            return;
        }

        response.ContentType = "application/json";
        await using (var json = new Utf8JsonWriter(response.BodyWriter, HttpAnswers.Options))
        {
            WriteStart(json, answer);
            foreach (var output in answer.Outputs)
            {
                WriteHead(json, output, null);
                json.WriteStartArray("data");
                for (var i = 0; i < Count(output); i++)
                {
                    WriteElement(json, output, i);
                    if (json.BytesPending > FlushBytes)
                    {
                        await json.FlushAsync(cancel);
                        await response.BodyWriter.FlushAsync(cancel);
                    }
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            WriteEnd(json);
        }

        await response.BodyWriter.FlushAsync(cancel);
    }

    private static async Task WriteBinaryAsync(HttpResponse response, InferenceAnswer answer, Func<int, bool> isBinary, CancellationToken cancel)
    {
        // The length of the JSON goes into a header, so it is written first; a single output may still be in it as text.
        var text = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(text, HttpAnswers.Options))
        {
            WriteStart(json, answer);
            for (var i = 0; i < answer.Outputs.Count; i++)
            {
                var output = answer.Outputs[i];
                WriteHead(json, output, isBinary(i) ? TensorCodec.ByteLength(output) : null);
                if (!isBinary(i))
                {
                    json.WriteStartArray("data");
                    for (var element = 0; element < Count(output); element++)
                    {
                        WriteElement(json, output, element);
                    }

                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            WriteEnd(json);
        }

        response.ContentType = "application/octet-stream";
        response.Headers[OpenInferenceHttp.HeaderLength] = text.WrittenCount.ToString(CultureInfo.InvariantCulture);
        await response.BodyWriter.WriteAsync(text.WrittenMemory, cancel);
        for (var i = 0; i < answer.Outputs.Count; i++)
        {
            if (isBinary(i))
            {
                await response.BodyWriter.WriteAsync(TensorCodec.Write(answer.Outputs[i]), cancel);
            }
        }
    }

    private static void WriteStart(Utf8JsonWriter json, InferenceAnswer answer)
    {
        json.WriteStartObject();
        json.WriteString("model_name", answer.ModelName);
        json.WriteString("model_version", answer.ModelVersion.ToString(CultureInfo.InvariantCulture));
        if (answer.Id.Length > 0)
        {
            json.WriteString("id", answer.Id);
        }

        json.WriteStartArray("outputs");
    }

    private static void WriteHead(Utf8JsonWriter json, InferenceOutput output, int? bytes)
    {
        json.WriteStartObject();
        json.WriteString("name", output.Name);
        json.WriteString("datatype", output.Datatype);
        HttpAnswers.WriteShape(json, output.Shape);
        if (output.Labelers is null && bytes is null)
        {
            return;
        }

        json.WriteStartObject("parameters");
        if (output.Labelers is { } labelers)
        {
            json.WriteString(InferenceCall.LabelersParameter, labelers);
        }

        if (bytes is { } length)
        {
            json.WriteNumber("binary_data_size", length);
        }

        json.WriteEndObject();
    }

    private static void WriteEnd(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static int Count(InferenceOutput output) => output.Floats?.Length ?? output.Integers?.Length ?? output.Texts!.Length;

    private static void WriteElement(Utf8JsonWriter json, InferenceOutput output, int index)
    {
        switch (output)
        {
            case { Floats: { } floats }:
                json.WriteNumberValue(floats[index]);
                break;
            case { Integers: { } integers }:
                json.WriteNumberValue(integers[index]);
                break;
            default:
                json.WriteStringValue(output.Texts![index]);
                break;
        }
    }
}
