using Google.Protobuf;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.TestKit.Crowds.Onnx;

namespace LabelerService.EndToEnd.Training;

/// <summary>An uploaded model as extractor of features, from the upload to predictions, and transfer between datasets, over the API.</summary>
[Collection(SharedService.Name)]
public sealed class BackboneTests(ServiceFixture fixture)
{
    private const string Field = "training_run.settings[pretrained]";
    private const int Features = 4;
    private readonly RunningService _service = fixture.Service;
    private readonly BackboneService.BackboneServiceClient _backbones = new(fixture.Service.Channel);

    [Fact]
    public async Task A_model_trained_on_extracted_features_predicts_raw_and_stored_items_alike()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var onnx = OnnxFile.Projection(SimulatedDataset.Length, Features);
        var request = Guid.NewGuid().ToString();
        var uploaded = await UploadAsync(crowd.Dataset, "projection", onnx, request);
        Assert.Equal(($"{crowd.Dataset}/backbones/projection", Backbone.Types.Kind.Extractor, Features), (uploaded.Name, uploaded.Kind, uploaded.FeatureLength));
        Assert.Equal(uploaded, await UploadAsync(crowd.Dataset, "projection", onnx, request));
        Assert.Equal(uploaded, await _backbones.GetBackboneAsync(new GetBackboneRequest { Name = uploaded.Name }));
        Assert.Equal([uploaded], (await _backbones.ListBackbonesAsync(new ListBackbonesRequest { Parent = crowd.Dataset })).Backbones);

        var run = await TrainAsync(crowd.Dataset, "projection", ("epochs", "20"));
        Assert.Equal((TrainingRun.Types.State.Succeeded, ""), (run.State, run.FailureMessage));
        var version = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = run.ModelVersion });
        Assert.Equal((Features, uploaded.Name), (version.FeatureLength, version.Encoding.Backbone));
        var evaluation = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = run.ModelVersion });
        Assert.InRange(evaluation.Metrics.Single(metric => metric.Metric_ == "accuracy").Value, 0.85, 1);

        var stored = await PredictAsync(crowd, run.ModelVersion, raw: false);
        var raw = await PredictAsync(crowd, run.ModelVersion, raw: true);
        Assert.All(stored.Zip(raw), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        // What was trained with it goes on serving.
        await _backbones.DeleteBackboneAsync(new DeleteBackboneRequest { Name = uploaded.Name });
        Assert.Equal(raw, await PredictAsync(crowd, run.ModelVersion, raw: true));
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await _backbones.GetBackboneAsync(new GetBackboneRequest { Name = uploaded.Name }));
        await Requests.RefusedAsync(StatusCode.NotFound, Field, () => TrainAsync(crowd.Dataset, "projection"));
    }

    [Fact]
    public async Task What_cannot_be_used_is_refused_before_it_is_kept_or_a_run_exists()
    {
        var dataset = await _service.CreateDatasetAsync(SimulatedDataset.Length, "no", "yes");
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "content", () => UploadAsync(dataset, "b", [1, 2, 3]));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "content", () => UploadAsync(dataset, "b", OnnxFile.Projection(5, 2)));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "backbone_id", () => UploadAsync(dataset, "B!", OnnxFile.Projection(6, 2)));
        Assert.Empty((await _backbones.ListBackbonesAsync(new ListBackbonesRequest { Parent = dataset })).Backbones);

        var curves = new CurveService.CurveServiceClient(_service.Channel);
        var other = await _service.CreateDatasetAsync(5, "no", "yes");
        var theirs = await UploadAsync(other, "b", OnnxFile.Projection(5, 2));
        await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(1, SimulatedDataset.Length) });
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "no"));
        foreach (var (code, name) in ((StatusCode, string)[])[
            (StatusCode.FailedPrecondition, theirs.Name), (StatusCode.NotFound, "b"), (StatusCode.NotFound, "datasets/no-such/backbones/b"),
            (StatusCode.NotFound, $"{dataset}/models/m/versions/1"), (StatusCode.InvalidArgument, "backbones/b"),
        ])
        {
            await Requests.RefusedAsync(code, Field, () => TrainAsync(dataset, name));
            var curve = new CreateCurveRequest
            {
                Parent = dataset,
                CurveId = "c",
                Curve = new Curve { Algorithm = "dn", ItemFractions = { 1 }, Settings = { ["pretrained"] = name } },
            };
            await Requests.RefusedAsync(code, "curve.settings[pretrained]", async () => await curves.CreateCurveAsync(curve));
        }
    }

    [Fact]
    public async Task The_command_line_adds_lists_shows_and_deletes()
    {
        var dataset = await _service.CreateDatasetAsync(SimulatedDataset.Length, "no", "yes");
        var path = Path.Combine(_service.Directory, $"{Guid.NewGuid():N}.onnx");
        await File.WriteAllBytesAsync(path, OnnxFile.Projection(SimulatedDataset.Length, Features));
        var name = (await RunAsync("backbones", "add", dataset, "b", "--file", path, "--mean", "0.5", "--display-name", "Projection")).Succeeded().TrimEnd();

        Assert.Equal($"{dataset}/backbones/b", name);
        Assert.Contains(name, (await RunAsync("backbones", "list", dataset, "--json")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("Projection", (await RunAsync("backbones", "show", name)).Succeeded(), StringComparison.Ordinal);
        (await RunAsync("backbones", "delete", name, "--yes")).Succeeded();
        Assert.Empty((await _backbones.ListBackbonesAsync(new ListBackbonesRequest { Parent = dataset })).Backbones);
    }

    private Task<CliProcess.Outcome> RunAsync(params string[] arguments) => CliInProcess.RunAsync(_service, arguments);

    private async Task<Backbone> UploadAsync(string dataset, string id, byte[] onnx, string requestId = "")
    {
        using var call = _backbones.CreateBackbone();
        var message = new CreateBackboneRequest { Parent = dataset, BackboneId = id, Backbone = new Backbone { DisplayName = "test" }, RequestId = requestId };
        foreach (var piece in onnx.Chunk(100))
        {
            message.Content = ByteString.CopyFrom(piece);
            try
            {
                await call.RequestStream.WriteAsync(message);
            }
            catch (RpcException)
            {
                break; // Refused already; why, the answer says.
            }

            message = new CreateBackboneRequest();
        }

        await call.RequestStream.CompleteAsync();
        return await call.ResponseAsync;
    }

    private async Task<TrainingRun> TrainAsync(string dataset, string pretrained, params (string Key, string Value)[] settings)
    {
        var run = await TrainAndPredictTests.StartAsync(_service, dataset, "dn", [("pretrained", pretrained), .. settings]);
        return await TrainAndPredictTests.WatchToEndAsync(_service, run);
    }

    private async Task<double[]> PredictAsync(SimulatedDataset crowd, string version, bool raw)
    {
        var request = new PredictRequest { Dataset = crowd.Dataset, Model = new ModelSelector { Model = version } };
        if (raw)
        {
            var listed = await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = crowd.Dataset, ItemId = crowd.TestItem });
            var item = await _service.Items.GetItemAsync(new GetItemRequest { Name = listed.Items.Single().Name, IncludeFeatures = true });
            request.Features = new FeatureVector();
            request.Features.Values.Add(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(item.Features.Data.Span).ToArray());
        }
        else
        {
            request.ItemId = crowd.TestItem;
        }

        return [.. (await _service.Predictions.PredictAsync(request)).Prediction.Probabilities.Select(value => (double)value)];
    }
}
