using System.Text.Json;
using LabelerService.Core.Errors;

namespace LabelerService.Server.OpenInference;

/// <summary>A request over HTTP, and how its answer is to be written.</summary>
/// <param name="Call">The request.</param>
/// <param name="BinaryByDefault">Whether outputs that say nothing else are written as bytes behind the JSON.</param>
/// <param name="Binary">What single outputs say, in the order of the request.</param>
internal sealed record HttpInferenceCall(InferenceCall Call, bool BinaryByDefault, IReadOnlyList<bool?> Binary)
{
    /// <summary>Whether an output is written as bytes.</summary>
    public bool IsBinary(int output) => (output < Binary.Count ? Binary[output] : null) ?? BinaryByDefault;
}

/// <summary>
/// Reads the JSON of a request and the bytes behind it (Triton's binary tensor extension): an input with the parameter
/// <c>binary_data_size</c> has no <c>data</c> but that many bytes, in the order of the inputs.
/// </summary>
internal sealed class JsonInferenceReader
{
    private const string BinarySize = "binary_data_size";
    private const string BinaryData = "binary_data";
    private const string BinaryOutput = "binary_data_output";

    private readonly List<Input> _inputs = [];
    private readonly List<string> _outputs = [];
    private readonly List<bool?> _binary = [];
    private string _id = "";
    private string? _labelers;
    private bool _distilled;
    private bool _binaryByDefault;

    private JsonInferenceReader()
    {
    }

    /// <summary>Reads a request.</summary>
    /// <param name="json">The JSON text.</param>
    /// <param name="binary">The bytes behind it.</param>
    /// <param name="model">Name of the model, from the path.</param>
    /// <param name="version">Its version, from the path; empty for none.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming what is wrong.</exception>
    public static HttpInferenceCall Read(ReadOnlySpan<byte> json, ReadOnlySpan<byte> binary, string model, string version)
    {
        var request = new JsonInferenceReader();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
            reader.Read();
            request.ReadRequest(ref reader);

            // Throws where anything follows.
            reader.Read();
        }
        catch (JsonException error)
        {
            throw ServiceException.InvalidField("body", $"is not JSON: wrong at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}");
        }

        var inputs = new InferenceInput[request._inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = request._inputs[i].Resolve(ref binary);
        }

        if (!binary.IsEmpty)
        {
            throw ServiceException.InvalidField("body", $"has {binary.Length} bytes behind the JSON more than the inputs' {BinarySize} tell of");
        }

        var call = new InferenceCall
        {
            ModelName = model,
            ModelVersion = version,
            Id = request._id,
            Inputs = inputs,
            Outputs = request._outputs,
            Labelers = request._labelers,
            Distilled = request._distilled,
        };
        return new HttpInferenceCall(call, request._binaryByDefault, request._binary);
    }

    private void ReadRequest(ref Utf8JsonReader reader)
    {
        JsonText.Start(ref reader, JsonTokenType.StartObject, "body");
        List<string> seen = [];
        while (JsonText.Property(ref reader, seen, "") is { } name)
        {
            switch (name)
            {
                case "id":
                    _id = JsonText.Value(ref reader, name);
                    break;
                case "parameters":
                    ReadParameters(ref reader);
                    break;
                case "inputs":
                    ReadList(ref reader, name, ReadInput);
                    break;
                case "outputs":
                    ReadList(ref reader, name, ReadOutput);
                    break;
                case "model_name" or "model_version":
                    // Some clients repeat what the path says.
                    reader.Skip();
                    break;
                default:
                    throw ServiceException.InvalidField(JsonText.Join("", name), "is not known; a request has id, parameters, inputs and outputs");
            }
        }
    }

    private delegate void ElementReader(ref Utf8JsonReader reader, string field);

    private static void ReadList(ref Utf8JsonReader reader, string field, ElementReader read)
    {
        JsonText.Start(ref reader, JsonTokenType.StartArray, field);
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i == InferenceParameters.MaximumTensors)
            {
                throw ServiceException.InvalidField(field, $"has more than {InferenceParameters.MaximumTensors} entries");
            }

            JsonText.Start(ref reader, JsonTokenType.StartObject, $"{field}[{i}]");
            read(ref reader, $"{field}[{i}]");
        }
    }

    private void ReadParameters(ref Utf8JsonReader reader)
    {
        JsonText.Start(ref reader, JsonTokenType.StartObject, "parameters");
        List<string> seen = [];
        while (JsonText.Property(ref reader, seen, "parameters") is { } name)
        {
            switch (name)
            {
                case InferenceCall.LabelersParameter when reader.TokenType == JsonTokenType.String:
                    _labelers = JsonText.Value(ref reader, "parameters[labelers]");
                    break;
                case InferenceCall.LabelersParameter:
                    throw InferenceParameters.WrongType(name, "a string");
                case InferenceCall.DistilledParameter:
                    _distilled = JsonText.Truth(ref reader, "parameters[distilled]");
                    break;
                case BinaryOutput:
                    _binaryByDefault = JsonText.Truth(ref reader, $"parameters[{BinaryOutput}]");
                    break;
                default:
                    InferenceParameters.CheckOther(name);
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadInput(ref Utf8JsonReader reader, string field)
    {
        var input = new Input(field);
        List<string> seen = [];
        while (JsonText.Property(ref reader, seen, field) is { } name)
        {
            switch (name)
            {
                case "name":
                    input.Name = JsonText.Value(ref reader, $"{field}.name");
                    break;
                case "datatype":
                    input.Datatype = JsonText.Value(ref reader, $"{field}.datatype");
                    break;
                case "shape":
                    ReadShape(ref reader, input.Shape, field);
                    break;
                case "data":
                    input.Data = JsonTensorData.Read(ref reader, $"{field}.data");
                    break;
                case "parameters":
                    input.BinarySize = ReadTensorParameter(
                        ref reader, field, BinarySize, static (ref Utf8JsonReader value, string path) => (long?)JsonText.Whole(ref value, path));
                    break;
                default:
                    throw ServiceException.InvalidField(JsonText.Join(field, name), "is not known; an input has name, datatype, shape, data and parameters");
            }
        }

        _inputs.Add(input);
    }

    private void ReadOutput(ref Utf8JsonReader reader, string field)
    {
        string? output = null;
        bool? binary = null;
        List<string> seen = [];
        while (JsonText.Property(ref reader, seen, field) is { } name)
        {
            switch (name)
            {
                case "name":
                    output = JsonText.Value(ref reader, $"{field}.name");
                    break;
                case "parameters":
                    binary = ReadTensorParameter(
                        ref reader, field, BinaryData, static (ref Utf8JsonReader value, string path) => (bool?)JsonText.Truth(ref value, path));
                    break;
                default:
                    throw ServiceException.InvalidField(JsonText.Join(field, name), "is not known; an output has name and parameters");
            }
        }

        _outputs.Add(output ?? throw ServiceException.InvalidField($"{field}.name", "must be set"));
        _binary.Add(binary);
    }

    private static void ReadShape(ref Utf8JsonReader reader, List<long> shape, string field)
    {
        JsonText.Start(ref reader, JsonTokenType.StartArray, $"{field}.shape");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (shape.Count == InferenceParameters.MaximumTensors)
            {
                throw ServiceException.InvalidField($"{field}.shape", "has too many sides");
            }

            shape.Add(JsonText.Whole(ref reader, $"{field}.shape[{shape.Count}]"));
        }
    }

    private delegate T ValueReader<T>(ref Utf8JsonReader reader, string field);

    private static T? ReadTensorParameter<T>(ref Utf8JsonReader reader, string field, string known, ValueReader<T?> read)
    {
        JsonText.Start(ref reader, JsonTokenType.StartObject, $"{field}.parameters");
        T? value = default;
        List<string> seen = [];
        while (JsonText.Property(ref reader, seen, $"{field}.parameters") is { } name)
        {
            if (name == known)
            {
                value = read(ref reader, $"{field}.parameters[{name}]");
            }
            else
            {
                InferenceParameters.CheckTensor([name], field);
                reader.Skip();
            }
        }

        return value;
    }

    // An input as far as it is read before everything about it is known.
    private sealed class Input(string field)
    {
        public string? Name { get; set; }

        public string? Datatype { get; set; }

        public List<long> Shape { get; } = [];

        public JsonTensorData? Data { get; set; }

        public long? BinarySize { get; set; }

        // Takes its bytes off the front of what is left behind the JSON.
        public InferenceInput Resolve(ref ReadOnlySpan<byte> binary)
        {
            var name = Name ?? throw ServiceException.InvalidField($"{field}.name", "must be set");
            var datatype = Datatype ?? throw ServiceException.InvalidField($"{field}.datatype", "must be set");
            InferenceDatatype.Check(datatype, field);
            var count = TensorCodec.ElementCount(Shape, field);
            var dataField = $"{field}.data";
            var input = new InferenceInput(name, Shape, field, dataField);
            var texts = datatype == InferenceDatatype.Bytes;
            if (BinarySize is not { } size)
            {
                var data = Data ?? throw ServiceException.InvalidField(dataField, $"must be set, or the parameter {JsonInferenceReader.BinarySize}");
                return texts ? input with { Texts = data.Texts(Shape, count) } : input with { Floats = data.Floats(Shape, count, datatype) };
            }

            if (Data is not null)
            {
                throw ServiceException.InvalidField(dataField, $"must not be set where the parameter {JsonInferenceReader.BinarySize} is");
            }

            if (size < 0 || size > binary.Length)
            {
                throw ServiceException.InvalidField(
                    $"{field}.parameters[{JsonInferenceReader.BinarySize}]",
                    $"is {size}; {binary.Length} bytes are left behind the JSON, whose length the header {OpenInferenceHttp.HeaderLength} gives");
            }

            var bytes = binary[..(int)size];
            binary = binary[(int)size..];
            return texts
                ? input with { Texts = TensorCodec.ReadTexts(bytes, count, dataField) }
                : input with { Floats = TensorCodec.ReadFloats(bytes, datatype, count, dataField) };
        }
    }
}
