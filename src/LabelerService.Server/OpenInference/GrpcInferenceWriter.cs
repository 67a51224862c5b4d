using System.Globalization;
using Google.Protobuf;
using LabelerService.Contracts.Inference;

namespace LabelerService.Server.OpenInference;

/// <summary>Writes the answer as a message: raw if the request was raw, else typed. Clients read what they write.</summary>
internal static class GrpcInferenceWriter
{
    /// <summary>Writes an answer.</summary>
    public static ModelInferResponse Write(InferenceAnswer answer, bool raw)
    {
        var response = new ModelInferResponse
        {
            ModelName = answer.ModelName,
            ModelVersion = answer.ModelVersion.ToString(CultureInfo.InvariantCulture),
            Id = answer.Id,
        };
        foreach (var output in answer.Outputs)
        {
            var tensor = new ModelInferResponse.Types.InferOutputTensor
            {
                Name = output.Name,
                Datatype = output.Datatype,
                Shape = { output.Shape },
            };
            if (output.Labelers is { } labelers)
            {
                tensor.Parameters.Add(InferenceCall.LabelersParameter, new InferParameter { StringParam = labelers });
            }

            if (raw)
            {
                response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(TensorCodec.Write(output)));
            }
            else
            {
                tensor.Contents = Contents(output);
            }

            response.Outputs.Add(tensor);
        }

        return response;
    }

    private static InferTensorContents Contents(InferenceOutput output)
    {
        var contents = new InferTensorContents();
        switch (output)
        {
            case { Floats: { } floats }:
                contents.Fp32Contents.AddRange(floats);
                break;
            case { Integers: { } integers }:
                contents.IntContents.AddRange(integers);
                break;
            default:
                contents.BytesContents.AddRange(output.Texts!.Select(ByteString.CopyFromUtf8));
                break;
        }

        return contents;
    }
}
