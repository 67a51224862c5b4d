using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Output = LabelerService.Contracts.Inference.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace LabelerService.EndToEnd.OpenInference;

/// <summary>The Open Inference Protocol over gRPC says what labeler.v1 says, in every encoding.</summary>
[Collection(SharedService.Name)]
public sealed class GrpcInferenceTests(ServedModel model) : IClassFixture<ServedModel>
{
    private const double Tolerance = 1e-6;

    [Fact]
    public async Task All_outputs_come_when_none_is_named_and_equal_what_labeler_v1_says()
    {
        var values = ServedModel.Values(3);
        var expected = await model.PredictAsync(values);
        var request = model.Typed(values);
        request.Id = "call 17";
        var answer = await model.Client.ModelInferAsync(request);
        Assert.Equal((model.Name, "1", "call 17"), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Empty(answer.RawOutputContents);
        Assert.Equal(
            [
                "probabilities FP32 [3, 2]", "predicted_class INT32 [3]", "predicted_class_name BYTES [3]", "entropy FP32 [3]", "disagreement FP32 [3]",
                "labeler_probabilities FP32 [3, 6, 2]", "labeler_weights FP32 [3, 6]",
            ],
            answer.Outputs.Select(output => $"{output.Name} {output.Datatype} [{string.Join(", ", output.Shape)}]"));
        Close(Floats(expected.Probabilities), answer.Outputs[0].Contents.Fp32Contents);
        Assert.Equal(expected.PredictedClassIndexes, answer.Outputs[1].Contents.IntContents);
        Assert.Equal(
            expected.PredictedClassIndexes.Select(index => expected.Classes[index]), answer.Outputs[2].Contents.BytesContents.Select(text => text.ToStringUtf8()));
        Close(expected.Entropies, answer.Outputs[3].Contents.Fp32Contents);
        Close(expected.Disagreements, answer.Outputs[4].Contents.Fp32Contents);
        Close(Floats(expected.LabelerProbabilities), answer.Outputs[5].Contents.Fp32Contents);
        Close(Floats(expected.LabelerWeights), answer.Outputs[6].Contents.Fp32Contents);
        Assert.Equal(expected.LabelerIds, System.Text.Json.JsonSerializer.Deserialize<string[]>(answer.Outputs[6].Parameters["labelers"].StringParam));
    }

    [Fact]
    public async Task Raw_values_are_answered_raw()
    {
        var values = ServedModel.Values(2);
        var typed = await model.Client.ModelInferAsync(model.Typed(values));
        var raw = await model.Client.ModelInferAsync(model.Raw("FP32", 2, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        Assert.Equal(typed.Outputs.Select(output => output.Name), raw.Outputs.Select(output => output.Name));
        Assert.All(raw.Outputs, output => Assert.Null(output.Contents));
        Close(typed.Outputs[0].Contents.Fp32Contents, MemoryMarshal.Cast<byte, float>(raw.RawOutputContents[0].Span).ToArray());
        Assert.Equal(typed.Outputs[1].Contents.IntContents, MemoryMarshal.Cast<byte, int>(raw.RawOutputContents[1].Span).ToArray());

        // Before each text its length.
        var name = typed.Outputs[2].Contents.BytesContents[0];
        Assert.Equal([(byte)name.Length, 0, 0, 0, .. name], raw.RawOutputContents[2].Take(4 + name.Length));
    }

    [Fact]
    public async Task Half_precision_is_taken_raw_and_means_its_exact_values()
    {
        Half[] halves = [.. ServedModel.Values(2).Select(value => (Half)value)];
        var wide = await model.Client.ModelInferAsync(model.Typed([.. halves.Select(half => (float)half)]));
        var raw = await model.Client.ModelInferAsync(model.Raw("FP16", 2, MemoryMarshal.AsBytes(halves.AsSpan()).ToArray()));
        Close(wide.Outputs[0].Contents.Fp32Contents, MemoryMarshal.Cast<byte, float>(raw.RawOutputContents[0].Span).ToArray());
    }

    [Fact]
    public async Task Stored_items_are_named_by_their_keys()
    {
        var request = Items("test1", "test0");
        var answer = await model.Client.ModelInferAsync(request);
        var expected = await model.Service.Predictions.BatchPredictAsync(new BatchPredictRequest
        {
            Dataset = model.Dataset,
            Model = new ModelSelector { Model = model.Version },
            Items = new ItemIds { ItemIds_ = { "test1", "test0" } },
        });
        Close(Floats(expected.Predictions.Probabilities), answer.Outputs[0].Contents.Fp32Contents);
        await Requests.RefusedAsync(
            StatusCode.NotFound, "inputs[0].contents.bytes_contents[1]", async () => await model.Client.ModelInferAsync(Items("test1", "nobody")));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "inputs[0].contents.bytes_contents[0]", async () => await model.Client.ModelInferAsync(Items("")));
    }

    [Fact]
    public async Task The_distilled_head_answers_where_it_is_asked_for()
    {
        var values = ServedModel.Values(2);
        var request = model.Typed(values);
        request.Parameters.Add("distilled", new InferParameter { BoolParam = true });
        var answer = await model.Client.ModelInferAsync(request);
        Assert.Equal(["probabilities", "predicted_class", "predicted_class_name", "entropy"], answer.Outputs.Select(output => output.Name));
        Close(Floats((await model.PredictAsync(values, distilled: true)).Probabilities), answer.Outputs[0].Contents.Fp32Contents);
        request.Outputs.Add(new Output { Name = "disagreement" });
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "outputs[0].name", async () => await model.Client.ModelInferAsync(request));
    }

    [Fact]
    public async Task Some_labelers_answer_where_they_are_named()
    {
        var values = ServedModel.Values(2);
        var request = model.Typed(values);
        request.Parameters.Add("labelers", new InferParameter { StringParam = "labeler3, labeler1" });
        var answer = await model.Client.ModelInferAsync(request);
        var expected = await model.Service.Predictions.BatchPredictAsync(new BatchPredictRequest
        {
            Dataset = model.Dataset,
            Model = new ModelSelector { Model = model.Version },
            Features = Requests.Floats(values, 2, ServedModel.Length),
            LabelerIds = { "labeler3", "labeler1" },
            Outputs = { PredictionOutput.LabelerWeights },
        });
        Close(Floats(expected.Predictions.Probabilities), answer.Outputs[0].Contents.Fp32Contents);
        var weights = answer.Outputs.Single(output => output.Name == "labeler_weights");
        Assert.Equal([2L, 2L], weights.Shape);
        Assert.Equal("""["labeler1","labeler3"]""", weights.Parameters["labelers"].StringParam);
        Close(Floats(expected.Predictions.LabelerWeights), weights.Contents.Fp32Contents);
    }

    [Theory]
    [InlineData("labeler1,nobody", 1)]
    [InlineData("labeler1, labeler1", 1)]
    [InlineData("", 0)]
    public async Task Labelers_that_are_none_or_stand_there_twice_are_refused(string labelers, int index)
    {
        var request = model.Typed(ServedModel.Values(1));
        request.Parameters.Add("labelers", new InferParameter { StringParam = labelers });
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, $"parameters[labelers][{index}]", async () => await model.Client.ModelInferAsync(request));
        request.Parameters.Add("distilled", new InferParameter { BoolParam = true });
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "parameters[labelers]", async () => await model.Client.ModelInferAsync(request));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("champion")]
    public async Task A_version_is_chosen_by_number_by_alias_or_by_the_server(string version)
    {
        var request = model.Typed(ServedModel.Values(1));
        request.ModelVersion = version;
        Assert.Equal("1", (await model.Client.ModelInferAsync(request)).ModelVersion);
        request.ModelName = $"{model.Dataset}/models/wdn";
        Assert.Equal("1", (await model.Client.ModelInferAsync(request)).ModelVersion);
    }

    [Fact]
    public async Task Outputs_come_in_the_order_asked_for_and_others_not_at_all()
    {
        var request = model.Typed(ServedModel.Values(1));
        request.Outputs.AddRange([new Output { Name = "entropy" }, new Output { Name = "probabilities" }]);
        Assert.Equal(["entropy", "probabilities"], (await model.Client.ModelInferAsync(request)).Outputs.Select(output => output.Name));
    }

    public static TheoryData<string, StatusCode, string> Refusals => new()
    {
        { "unknown dataset", StatusCode.NotFound, "model_name" },
        { "unknown model", StatusCode.NotFound, "model_name" },
        { "unknown version", StatusCode.NotFound, "model_version" },
        { "unknown alias", StatusCode.NotFound, "model_version" },
        { "malformed name", StatusCode.InvalidArgument, "model_name" },
        { "malformed version", StatusCode.InvalidArgument, "model_version" },
        { "no input", StatusCode.InvalidArgument, "inputs" },
        { "both inputs", StatusCode.InvalidArgument, "inputs" },
        { "the same input twice", StatusCode.InvalidArgument, "inputs[1].name" },
        { "unknown input", StatusCode.InvalidArgument, "inputs[0].name" },
        { "features as texts", StatusCode.InvalidArgument, "inputs[0].datatype" },
        { "one side", StatusCode.InvalidArgument, "inputs[0].shape" },
        { "vectors of another length", StatusCode.InvalidArgument, "inputs[0].shape[1]" },
        { "too many rows", StatusCode.InvalidArgument, "inputs[0].shape[0]" },
        { "NaN", StatusCode.InvalidArgument, "inputs[0].contents.fp32_contents" },
        { "raw infinity", StatusCode.InvalidArgument, "raw_input_contents[0]" },
        { "raw bytes missing", StatusCode.InvalidArgument, "raw_input_contents[0]" },
        { "unknown output", StatusCode.InvalidArgument, "outputs[0].name" },
        { "the same output twice", StatusCode.InvalidArgument, "outputs[1].name" },
        { "unknown parameter", StatusCode.InvalidArgument, "parameters[labeler]" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_bad_request_is_refused_with_its_field_and_good_ones_beside_it_are_not_touched(string what, StatusCode code, string field)
    {
        var good = model.Client.ModelInferAsync(model.Typed(ServedModel.Values(2))).ResponseAsync;
        await Requests.RefusedAsync(code, field, async () => await model.Client.ModelInferAsync(Bad(what)));
        Assert.Equal(7, (await good).Outputs.Count);
    }

    [Fact]
    public async Task Metadata_tells_what_the_model_takes_and_gives()
    {
        var metadata = await model.Client.ModelMetadataAsync(new ModelMetadataRequest { Name = model.Name });
        Assert.Equal((model.Name, "onnx_onnxv1"), (metadata.Name, metadata.Platform));
        Assert.Equal(["1"], metadata.Versions);
        Assert.Equal(["features FP32 -1,6"], metadata.Inputs.Select(Text));
        Assert.Equal(
            [
                "probabilities FP32 -1,2", "predicted_class INT32 -1", "predicted_class_name BYTES -1", "entropy FP32 -1", "disagreement FP32 -1",
                "labeler_probabilities FP32 -1,6,2", "labeler_weights FP32 -1,6",
            ],
            metadata.Outputs.Select(Text));
        Assert.Equal("""["no","yes"]""", metadata.Properties["classes"]);
        Assert.Equal(("wdn", "true", "1"), (metadata.Properties["algorithm"], metadata.Properties["distilled"], metadata.Properties["version"]));
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await model.Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "no.such" }));
        await Requests.RefusedAsync(
            StatusCode.NotFound, "version", async () => await model.Client.ModelMetadataAsync(new ModelMetadataRequest { Name = model.Name, Version = "9" }));

        static string Text(ModelMetadataResponse.Types.TensorMetadata tensor) => $"{tensor.Name} {tensor.Datatype} {string.Join(',', tensor.Shape)}";
    }

    [Fact]
    public async Task Server_and_models_say_whether_they_are_ready()
    {
        Assert.True((await model.Client.ServerLiveAsync(new ServerLiveRequest())).Live);
        Assert.True((await model.Client.ServerReadyAsync(new ServerReadyRequest())).Ready);
        Assert.True((await model.Client.ModelReadyAsync(new ModelReadyRequest { Name = model.Name })).Ready);
        Assert.True((await model.Client.ModelReadyAsync(new ModelReadyRequest { Name = model.Name, Version = "1" })).Ready);
        Assert.False((await model.Client.ModelReadyAsync(new ModelReadyRequest { Name = model.Name, Version = "2" })).Ready);
        Assert.False((await model.Client.ModelReadyAsync(new ModelReadyRequest { Name = "no.such" })).Ready);
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "name", async () => await model.Client.ModelReadyAsync(new ModelReadyRequest { Name = "such" }));
        var server = await model.Client.ServerMetadataAsync(new ServerMetadataRequest());
        Assert.Equal("labeler", server.Name);
        Assert.NotEmpty(server.Version);
        Assert.Contains("binary_tensor_data", server.Extensions);
    }

    private ModelInferRequest Items(params string[] ids)
    {
        var request = model.Typed([]);
        request.Inputs[0] = new ModelInferRequest.Types.InferInputTensor
        {
            Name = "item_id",
            Datatype = "BYTES",
            Shape = { ids.Length },
            Contents = new InferTensorContents { BytesContents = { ids.Select(ByteString.CopyFromUtf8) } },
        };
        return request;
    }

    private ModelInferRequest Bad(string what)
    {
        var request = model.Typed(ServedModel.Values(1));
        var input = request.Inputs[0];
        switch (what)
        {
            case "unknown dataset":
                request.ModelName = "there-is-none.wdn";
                break;
            case "unknown model":
                request.ModelName = model.Name[..model.Name.IndexOf('.', StringComparison.Ordinal)] + ".none";
                break;
            case "unknown version":
                request.ModelVersion = "2";
                break;
            case "unknown alias":
                request.ModelVersion = "challenger";
                break;
            case "malformed name":
                request.ModelName = "a/b";
                break;
            case "malformed version":
                request.ModelVersion = "0";
                break;
            case "no input":
                request.Inputs.Clear();
                break;
            case "both inputs":
                request.Inputs.Add(Items("test0").Inputs[0]);
                break;
            case "the same input twice":
                request.Inputs.Add(input.Clone());
                break;
            case "unknown input":
                input.Name = "input__0";
                break;
            case "features as texts":
                request = Items("test0");
                request.Inputs[0].Name = "features";
                break;
            case "one side":
                input.Shape.Clear();
                input.Shape.Add(ServedModel.Length);
                break;
            case "vectors of another length":
                input.Shape.Clear();
                input.Shape.Add([2, ServedModel.Length / 2]);
                break;
            case "too many rows":
                return model.Raw("FP16", 10_001, new byte[10_001 * ServedModel.Length * 2]);
            case "NaN":
                input.Contents.Fp32Contents[3] = float.NaN;
                break;
            case "raw infinity":
                return model.Raw("FP32", 1, [.. new byte[20], .. BitConverter.GetBytes(float.PositiveInfinity)]);
            case "raw bytes missing":
                return model.Raw("FP32", 1, new byte[23]);
            case "unknown output":
                request.Outputs.Add(new Output { Name = "probability" });
                break;
            case "the same output twice":
                request.Outputs.AddRange([new Output { Name = "entropy" }, new Output { Name = "entropy" }]);
                break;
            case "unknown parameter":
                request.Parameters.Add("labeler", new InferParameter { StringParam = "labeler1" });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }

        return request;
    }

    internal static float[] Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();

    internal static void Close(IReadOnlyList<float> expected, IReadOnlyList<float> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(Enumerable.Range(0, actual.Count), i => Assert.Equal(expected[i], actual[i], Tolerance));
    }
}
