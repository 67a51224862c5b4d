using Google.Protobuf.Collections;
using LabelerService.Contracts.Inference;
using LabelerService.Core.Errors;
using static LabelerService.Contracts.Inference.InferParameter;
using InputTensor = LabelerService.Contracts.Inference.ModelInferRequest.Types.InferInputTensor;

namespace LabelerService.Server.OpenInference;

/// <summary>Reads the request message. Values come either typed, in each input's <c>contents</c>, or raw, for all inputs; never mixed.</summary>
internal static class GrpcInferenceReader
{
    /// <summary>Reads a request.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming what is wrong.</exception>
    public static InferenceCall Read(ModelInferRequest request)
    {
        var raw = request.RawInputContents;
        if (raw.Count > 0 && raw.Count != request.Inputs.Count)
        {
            throw ServiceException.InvalidField(
                "raw_input_contents", $"has {raw.Count} entries for {request.Inputs.Count} inputs; it has one for each, or none");
        }

        if (request.Inputs.Count > InferenceParameters.MaximumTensors || request.Outputs.Count > InferenceParameters.MaximumTensors)
        {
            throw ServiceException.InvalidField(
                request.Inputs.Count > InferenceParameters.MaximumTensors ? "inputs" : "outputs", $"has more than {InferenceParameters.MaximumTensors} entries");
        }

        var inputs = new InferenceInput[request.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var input = request.Inputs[i];
            InferenceParameters.CheckTensor(input.Parameters.Keys, $"inputs[{i}]");
            inputs[i] = raw.Count > 0 ? ReadRaw(input, raw[i].Span, i) : ReadTyped(input, $"inputs[{i}]");
        }

        for (var i = 0; i < request.Outputs.Count; i++)
        {
            InferenceParameters.CheckTensor(request.Outputs[i].Parameters.Keys, $"outputs[{i}]");
        }

        var (labelers, distilled) = ReadParameters(request.Parameters);
        return new InferenceCall
        {
            ModelName = request.ModelName,
            ModelVersion = request.ModelVersion,
            Id = request.Id,
            Inputs = inputs,
            Outputs = [.. request.Outputs.Select(output => output.Name)],
            Labelers = labelers,
            Distilled = distilled,
        };
    }

    private static InferenceInput ReadRaw(InputTensor tensor, ReadOnlySpan<byte> bytes, int index)
    {
        var field = $"inputs[{index}]";
        if (tensor.Contents is not null)
        {
            throw ServiceException.InvalidField($"{field}.contents", "must not be set where raw_input_contents is");
        }

        var dataField = $"raw_input_contents[{index}]";
        InferenceDatatype.Check(tensor.Datatype, field);
        var count = TensorCodec.ElementCount(tensor.Shape, field);
        var input = new InferenceInput(tensor.Name, tensor.Shape, field, dataField);
        return tensor.Datatype == InferenceDatatype.Bytes
            ? input with { Texts = TensorCodec.ReadTexts(bytes, count, dataField) }
            : input with { Floats = TensorCodec.ReadFloats(bytes, tensor.Datatype, count, dataField) };
    }

    private static InferenceInput ReadTyped(InputTensor tensor, string field)
    {
        InferenceDatatype.Check(tensor.Datatype, field);
        if (tensor.Datatype == InferenceDatatype.Fp16)
        {
            throw ServiceException.InvalidField($"{field}.datatype", "FP16 has no typed field; send it in raw_input_contents");
        }

        var count = TensorCodec.ElementCount(tensor.Shape, field);
        var contents = tensor.Contents ?? throw ServiceException.InvalidField($"{field}.contents", "must be set, or raw_input_contents");
        var texts = tensor.Datatype == InferenceDatatype.Bytes;
        var dataField = $"{field}.contents.{(texts ? "bytes_contents" : "fp32_contents")}";
        var length = texts ? contents.BytesContents.Count : contents.Fp32Contents.Count;
        if (Values(contents) != length)
        {
            throw ServiceException.InvalidField($"{field}.contents", $"has values of another datatype than {tensor.Datatype}; only {dataField} belongs here");
        }

        if (length != count)
        {
            throw ServiceException.InvalidField(dataField, $"has {length} elements; the shape asks for {count}");
        }

        var input = new InferenceInput(tensor.Name, tensor.Shape, field, dataField);
        return texts
            ? input with { Texts = [.. contents.BytesContents.Select((text, i) => TensorCodec.ReadText(text.Span, dataField, i))] }
            : input with { Floats = [.. contents.Fp32Contents] };
    }

    private static long Values(InferTensorContents contents) =>
        (long)contents.BoolContents.Count + contents.IntContents.Count + contents.Int64Contents.Count + contents.UintContents.Count
        + contents.Uint64Contents.Count + contents.Fp32Contents.Count + contents.Fp64Contents.Count + contents.BytesContents.Count;

    private static (string? Labelers, bool Distilled) ReadParameters(MapField<string, InferParameter> parameters)
    {
        string? labelers = null;
        var distilled = false;
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case InferenceCall.LabelersParameter:
                    labelers = value.ParameterChoiceCase == ParameterChoiceOneofCase.StringParam
                        ? value.StringParam
                        : throw InferenceParameters.WrongType(name, "a string");
                    break;
                case InferenceCall.DistilledParameter:
                    distilled = value.ParameterChoiceCase == ParameterChoiceOneofCase.BoolParam
                        ? value.BoolParam
                        : throw InferenceParameters.WrongType(name, "a bool");
                    break;
                default:
                    InferenceParameters.CheckOther(name);
                    break;
            }
        }

        return (labelers, distilled);
    }
}
