using Google.Protobuf.Reflection;
using LabelerService.Contracts.Inference;

namespace LabelerService.Contracts.Tests;

/// <summary>
/// Names, numbers and types of the Open Inference Protocol as its specification publishes them (kserve/open-inference-protocol,
/// open_inference_grpc.proto; KServe and Triton agree on this part). A client generated from that text must understand every byte.
/// </summary>
public sealed class OpenInferenceContractTests
{
    private const string Published = """
        rpc inference.GRPCInferenceService.ServerLive(ServerLiveRequest) returns (ServerLiveResponse)
        rpc inference.GRPCInferenceService.ServerReady(ServerReadyRequest) returns (ServerReadyResponse)
        rpc inference.GRPCInferenceService.ModelReady(ModelReadyRequest) returns (ModelReadyResponse)
        rpc inference.GRPCInferenceService.ServerMetadata(ServerMetadataRequest) returns (ServerMetadataResponse)
        rpc inference.GRPCInferenceService.ModelMetadata(ModelMetadataRequest) returns (ModelMetadataResponse)
        rpc inference.GRPCInferenceService.ModelInfer(ModelInferRequest) returns (ModelInferResponse)
        ServerLiveResponse.live = 1 bool
        ServerReadyResponse.ready = 1 bool
        ModelReadyRequest.name = 1 string
        ModelReadyRequest.version = 2 string
        ModelReadyResponse.ready = 1 bool
        ServerMetadataResponse.name = 1 string
        ServerMetadataResponse.version = 2 string
        ServerMetadataResponse.extensions = 3 repeated string
        ModelMetadataRequest.name = 1 string
        ModelMetadataRequest.version = 2 string
        ModelMetadataResponse.name = 1 string
        ModelMetadataResponse.versions = 2 repeated string
        ModelMetadataResponse.platform = 3 string
        ModelMetadataResponse.inputs = 4 repeated ModelMetadataResponse.TensorMetadata
        ModelMetadataResponse.outputs = 5 repeated ModelMetadataResponse.TensorMetadata
        ModelMetadataResponse.properties = 6 map string string
        ModelMetadataResponse.TensorMetadata.name = 1 string
        ModelMetadataResponse.TensorMetadata.datatype = 2 string
        ModelMetadataResponse.TensorMetadata.shape = 3 repeated int64
        ModelInferRequest.model_name = 1 string
        ModelInferRequest.model_version = 2 string
        ModelInferRequest.id = 3 string
        ModelInferRequest.parameters = 4 map string InferParameter
        ModelInferRequest.inputs = 5 repeated ModelInferRequest.InferInputTensor
        ModelInferRequest.outputs = 6 repeated ModelInferRequest.InferRequestedOutputTensor
        ModelInferRequest.raw_input_contents = 7 repeated bytes
        ModelInferRequest.InferInputTensor.name = 1 string
        ModelInferRequest.InferInputTensor.datatype = 2 string
        ModelInferRequest.InferInputTensor.shape = 3 repeated int64
        ModelInferRequest.InferInputTensor.parameters = 4 map string InferParameter
        ModelInferRequest.InferInputTensor.contents = 5 InferTensorContents
        ModelInferRequest.InferRequestedOutputTensor.name = 1 string
        ModelInferRequest.InferRequestedOutputTensor.parameters = 2 map string InferParameter
        ModelInferResponse.model_name = 1 string
        ModelInferResponse.model_version = 2 string
        ModelInferResponse.id = 3 string
        ModelInferResponse.parameters = 4 map string InferParameter
        ModelInferResponse.outputs = 5 repeated ModelInferResponse.InferOutputTensor
        ModelInferResponse.raw_output_contents = 6 repeated bytes
        ModelInferResponse.InferOutputTensor.name = 1 string
        ModelInferResponse.InferOutputTensor.datatype = 2 string
        ModelInferResponse.InferOutputTensor.shape = 3 repeated int64
        ModelInferResponse.InferOutputTensor.parameters = 4 map string InferParameter
        ModelInferResponse.InferOutputTensor.contents = 5 InferTensorContents
        InferParameter.bool_param = 1 bool
        InferParameter.int64_param = 2 int64
        InferParameter.string_param = 3 string
        InferParameter.double_param = 4 double
        InferParameter.uint64_param = 5 uint64
        InferTensorContents.bool_contents = 1 repeated bool
        InferTensorContents.int_contents = 2 repeated int32
        InferTensorContents.int64_contents = 3 repeated int64
        InferTensorContents.uint_contents = 4 repeated uint32
        InferTensorContents.uint64_contents = 5 repeated uint64
        InferTensorContents.fp32_contents = 6 repeated float
        InferTensorContents.fp64_contents = 7 repeated double
        InferTensorContents.bytes_contents = 8 repeated bytes
        """;

    [Fact]
    public void Names_numbers_and_types_are_the_published_ones()
    {
        var file = OpenInferenceReflection.Descriptor;
        var methods = file.Services.SelectMany(service => service.Methods)
            .Select(method => $"rpc {method.FullName}({Name(method.InputType)}) returns ({Name(method.OutputType)})");
        Assert.All(file.Services.SelectMany(service => service.Methods), method => Assert.False(method.IsClientStreaming || method.IsServerStreaming));
        var fields = file.MessageTypes.SelectMany(Fields);
        Assert.Equal(
            Published.Split('\n').Select(line => line.Trim()).Order(StringComparer.Ordinal), methods.Concat(fields).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Fields(MessageDescriptor message) =>
        message.Fields.InDeclarationOrder().Select(field => $"{Name(message)}.{field.Name} = {field.FieldNumber} {Type(field)}")
            .Concat(message.NestedTypes.Where(nested => nested.GetOptions()?.MapEntry != true).SelectMany(Fields));

    private static string Type(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            return $"map {Type(field.MessageType.FindFieldByNumber(1))} {Type(field.MessageType.FindFieldByNumber(2))}";
        }

        var type = field.FieldType == FieldType.Message ? Name(field.MessageType) : field.FieldType.ToString().ToLowerInvariant();
        return field.IsRepeated ? $"repeated {type}" : type;
    }

    private static string Name(MessageDescriptor message) => message.FullName["inference.".Length..];
}
