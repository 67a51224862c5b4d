using Google.Protobuf;
using LabelerService.Contracts.Inference;
using LabelerService.Server.OpenInference;
using Input = LabelerService.Contracts.Inference.ModelInferRequest.Types.InferInputTensor;
using Output = LabelerService.Contracts.Inference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace LabelerService.Server.Tests.OpenInference;

public sealed class GrpcInferenceReaderTests
{
    private static readonly Dictionary<string, (string Field, ModelInferRequest Request)> Bad = new(StringComparer.Ordinal)
    {
        ["fewer values than the shape asks for"] = ("inputs[0].contents.fp32_contents", Typed("FP32", [2, 2], 1, 2, 3)),
        ["no values"] = ("inputs[0].contents", new ModelInferRequest { Inputs = { new Input { Name = "features", Datatype = "FP32", Shape = { 1, 2 } } } }),
        ["zero rows"] = ("inputs[0].shape[0]", Typed("FP32", [0, 2])),
        ["a negative side"] = ("inputs[0].shape[1]", Typed("FP32", [1, -2], 1, 2)),
        ["a product beyond 64 bits"] = ("inputs[0].shape", Typed("FP32", [long.MaxValue, long.MaxValue], 1)),
        ["typed FP16"] = ("inputs[0].datatype", Typed("FP16", [1, 2], 1, 2)),
        ["FP64"] = ("inputs[0].datatype", Typed("FP64", [1, 2], 1, 2)),
        ["a datatype that is none"] = ("inputs[0].datatype", Typed("fp32", [1, 2], 1, 2)),
        ["no datatype"] = ("inputs[0].datatype", Typed("", [1, 2], 1, 2)),
        ["values of another datatype beside"] = ("inputs[0].contents", With(Typed("FP32", [1, 2], 1, 2), request => request.Inputs[0].Contents.IntContents.Add(3))),
        ["values of another datatype instead"] = ("inputs[0].contents", With(Typed("FP32", [1, 2]), request => request.Inputs[0].Contents.Fp64Contents.AddRange([1d, 2d]))),
        ["raw and typed at once"] = ("inputs[0].contents", With(Typed("FP32", [1, 2], 1, 2), request => request.RawInputContents.Add(ByteString.CopyFrom(new byte[8])))),
        ["raw for one input of two"] = ("raw_input_contents", With(Raw("FP32", [1, 2], 8), request => request.Inputs.Add(request.Inputs[0].Clone()))),
        ["raw without an input"] = ("raw_input_contents", new ModelInferRequest { RawInputContents = { ByteString.Empty } }),
        ["too few raw bytes"] = ("raw_input_contents[0]", Raw("FP32", [1, 2], 7)),
        ["too many raw bytes"] = ("raw_input_contents[0]", Raw("FP16", [1, 2], 8)),
        ["a text that is no UTF-8"] = ("inputs[0].contents.bytes_contents[1]", Texts("a"u8.ToArray(), [0xFF])),
        ["an unknown parameter"] = ("parameters[labeler]", With(Typed("FP32", [1, 2], 1, 2), request => request.Parameters.Add("labeler", new InferParameter { StringParam = "x" }))),
        ["labelers that are no text"] = ("parameters[labelers]", With(Typed("FP32", [1, 2], 1, 2), request => request.Parameters.Add("labelers", new InferParameter { Int64Param = 1 }))),
        ["distilled that is no bool"] = ("parameters[distilled]", With(Typed("FP32", [1, 2], 1, 2), request => request.Parameters.Add("distilled", new InferParameter { StringParam = "true" }))),
        ["a parameter of an input"] = ("inputs[0].parameters[shared_memory_region]", With(
            Typed("FP32", [1, 2], 1, 2), request => request.Inputs[0].Parameters.Add("shared_memory_region", new InferParameter { StringParam = "x" }))),
        ["a parameter of an output"] = ("outputs[0].parameters[classification]", With(Typed("FP32", [1, 2], 1, 2), request =>
        {
            request.Outputs.Add(new Output { Name = "probabilities" });
            request.Outputs[0].Parameters.Add("classification", new InferParameter { Int64Param = 3 });
        })),
        ["very many outputs"] = ("outputs", With(Typed("FP32", [1, 2], 1, 2), request => request.Outputs.AddRange(Enumerable.Repeat(new Output { Name = "entropy" }, 33)))),
    };

    public static TheoryData<string> BadRequests => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(BadRequests))]
    public void A_bad_request_is_refused_with_the_path_of_what_is_wrong(string what)
    {
        var (field, request) = Bad[what];
        Assert.Equal(field, TensorCodecTests.Refused(() => GrpcInferenceReader.Read(request)));
    }

    [Fact]
    public void Typed_and_raw_values_read_alike()
    {
        var typed = Typed("FP32", [2, 2], 1, -2.5f, 3, 4e-9f);
        var raw = typed.Clone();
        raw.RawInputContents.Add(ByteString.CopyFrom([.. typed.Inputs[0].Contents.Fp32Contents.SelectMany(BitConverter.GetBytes)]));
        raw.Inputs[0].Contents = null;
        Assert.Equal(GrpcInferenceReader.Read(typed).Inputs[0].Floats, GrpcInferenceReader.Read(raw).Inputs[0].Floats);
    }

    [Fact]
    public void Everything_that_a_request_says_is_read()
    {
        var request = Typed("FP32", [1, 2], 1, 2);
        request.Id = "id 1";
        request.ModelName = "d.m";
        request.ModelVersion = "7";
        request.Parameters.Add("labelers", new InferParameter { StringParam = "a,b" });
        request.Parameters.Add("distilled", new InferParameter { BoolParam = true });
        request.Parameters.Add("content_type", new InferParameter { StringParam = "np" });
        request.Outputs.Add(new Output { Name = "entropy" });
        var call = GrpcInferenceReader.Read(request);
        Assert.Equal(("d.m", "7", "id 1", "a,b", true), (call.ModelName, call.ModelVersion, call.Id, call.Labelers, call.Distilled));
        Assert.Equal(["entropy"], call.Outputs);
        Assert.Equal([1L, 2L], call.Inputs[0].Shape);
    }

    private static ModelInferRequest Typed(string datatype, long[] shape, params float[] values) => new()
    {
        Inputs = { new Input { Name = "features", Datatype = datatype, Shape = { shape }, Contents = new InferTensorContents { Fp32Contents = { values } } } },
    };

    private static ModelInferRequest Raw(string datatype, long[] shape, int bytes) => new()
    {
        Inputs = { new Input { Name = "features", Datatype = datatype, Shape = { shape } } },
        RawInputContents = { ByteString.CopyFrom(new byte[bytes]) },
    };

    private static ModelInferRequest Texts(params byte[][] texts) => new()
    {
        Inputs =
        {
            new Input
            {
                Name = "item_id",
                Datatype = "BYTES",
                Shape = { texts.Length },
                Contents = new InferTensorContents { BytesContents = { texts.Select(ByteString.CopyFrom) } },
            },
        },
    };

    private static ModelInferRequest With(ModelInferRequest request, Action<ModelInferRequest> change)
    {
        change(request);
        return request;
    }
}
