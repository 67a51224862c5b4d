using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using LabelerService.Learning.Onnx.Protos;
using static LabelerService.EndToEnd.RemoteTraining.ServingGraphs;

namespace LabelerService.EndToEnd.RemoteTraining;

/// <summary>The protocol of trainers of others: leases, data, and which models are taken.</summary>
[Collection(SharedService.Name)]
public sealed class TrainerServiceTests(ServiceFixture fixture)
{
    private const int Length = 4;
    private static readonly string[] Classes = ["a", "b", "c"];
    private static int _algorithms;
    private readonly RunningService _service = fixture.Service;
    private readonly TrainerService.TrainerServiceClient _trainer = new(fixture.Service.Channel);

    // Each test has one of its own, so that none takes another's runs.
    private readonly string _algorithm = $"x-test-{Interlocked.Increment(ref _algorithms)}-{Guid.NewGuid():N}"[..24];

    [Fact]
    public async Task A_run_of_others_waits_for_a_trainer_that_knows_it_and_wakes_it()
    {
        Assert.Null((await LeaseAsync()).TrainingRun);
        var waiting = LeaseAsync(wait: 30);
        var dataset = await CreateAsync();
        var run = await StartAsync(dataset);
        var lease = await waiting;

        Assert.Equal((run.Name, "tests", 1, Length), (lease.TrainingRun.Name, lease.TrainingRun.Trainer, lease.TrainingRun.Attempt, lease.Dataset.ItemType.Vector.Length));
        Assert.Equal("7", lease.TrainingRun.Settings["depth"]);
        Assert.Null((await LeaseAsync()).TrainingRun);

        // The service's own trainer has nothing to do with it, and the queue that scalers look at does not count it.
        await _trainer.EndTrainingRunAsync(new EndTrainingRunRequest { Name = run.Name, FencingToken = lease.FencingToken, End = EndTrainingRunRequest.Types.End.Released });
        var own = await TrainAndPredictTests.WatchToEndAsync(
            _service, await TrainAndPredictTests.StartAsync(_service, dataset, "bn", ("epochs", "1"), ("hidden", "2")));
        Assert.Equal(TrainingRun.Types.State.Succeeded, own.State);
        Assert.Equal(TrainingRun.Types.State.Queued, (await GetAsync(run)).State);

        // Others look at the same service's queue.
        await _service.Training.CancelTrainingRunAsync(new CancelTrainingRunRequest { Name = run.Name });
    }

    [Fact]
    public async Task The_data_are_all_that_is_stored_as_of_one_moment()
    {
        var dataset = await CreateAsync();
        await StartAsync(dataset);
        var lease = await LeaseAsync();
        var parts = await ReadAsync(lease);
        var header = parts[0].Header;
        var items = parts.Where(part => part.Items is not null).SelectMany(part => part.Items.ItemIds).ToList();
        var labelers = parts.Where(part => part.Labelers is not null).SelectMany(part => part.Labelers.LabelerIds).ToList();
        var annotations = parts.Where(part => part.Annotations is not null).Select(part => part.Annotations)
            .SelectMany(part => part.Items.Select((item, a) => $"{items[item]} {labelers[part.Labelers[a]]} {Classes[part.Classes[a]]}"));

        Assert.Equal((Length, 6, 2, 7), (header.FeatureLength, header.ItemCount, header.LabelerCount, header.AnnotationCount));
        Assert.Equal(Classes, header.Classes);
        Assert.Equal(
            ["i0 anna a", "i0 bob b", "i1 anna b", "i2 anna c", "i3 anna a", "i4 anna b", "i5 anna c"], annotations.Order(StringComparer.Ordinal));
        var batch = parts.Single(part => part.Items is not null).Items;
        Assert.Equal([6, Length], batch.Features.Shape);
        Assert.All(batch.Splits, split => Assert.Equal(Split.Train, split));
        Assert.Equal(batch.ItemIds.Select(id => id == "i2" ? 2 : -1), batch.GoldClasses);

        // The same data have the same hash.
        Assert.Equal(header.SnapshotId, (await ReadAsync(lease))[0].Header.SnapshotId);
        await _service.AnnotateAsync(dataset, Requests.Says("bob", "i1", "a"));
        Assert.NotEqual(header.SnapshotId, (await ReadAsync(lease))[0].Header.SnapshotId);
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_model_is_said_and_the_right_one_can_still_be_sent()
    {
        var dataset = await CreateAsync();
        var run = await StartAsync(dataset);
        var lease = await LeaseAsync();
        var good = await ModelAsync(lease);
        var graph = Even(Length, 2, 3);

        await RefusedAsync("model.lineage", null, lease, good, graph, model => model.Lineage = "");
        await RefusedAsync("model.lineage", null, lease, good, graph, model => model.Lineage = new string(model.Lineage.Reverse().ToArray()));
        await RefusedAsync("model.heads[0].labeler_id", null, lease, good, graph, model => model.Heads[0].LabelerId = "nobody-known");
        await RefusedAsync("model.heads[0].labeler_id", null, lease, good, graph, model => model.Heads[0].LabelerId = "");
        await RefusedAsync("model.heads[0].weight", null, lease, good, graph, model => model.Heads[0].Weight = double.NaN);
        await RefusedAsync("model.code_version", null, lease, good, graph, model => model.CodeVersion = "");
        await RefusedAsync("model.metrics[0].value", null, lease, good, graph, model => model.Metrics.Add(new Metric { Metric_ = "loss", Split = "test", Value = double.NaN }));
        await RefusedAsync("model.parity_features", null, lease, good, graph, model => model.ParityFeatures = null);
        await RefusedAsync("model.parity_features.data", null, lease, good, graph, model => model.ParityFeatures.Shape[0] = 3);
        await RefusedAsync("model.parity_probabilities", "PARITY", lease, good, graph, model => model.ParityProbabilities = Requests.Floats([1, 0, 0, 1, 0, 0], 2, 3));
        await RefusedAsync("content", "ONNX_INVALID", lease, good, graph[..^9]);
        await RefusedAsync("content", "ONNX_INVALID", lease, good, [1, 2, 3]);
        await RefusedAsync("content", "ONNX_SHAPE_MISMATCH", lease, good, Even(Length + 1, 2, 3));
        await RefusedAsync("content", "ONNX_SHAPE_MISMATCH", lease, good, Even(Length, 3, 3));
        await RefusedAsync("content", "ONNX_SHAPE_MISMATCH", lease, good, Even(Length, 2, 4));
        await RefusedAsync("content", "ONNX_SHAPE_MISMATCH", lease, good, Even(Length, 2, 3, made => made.Output.RemoveAt(2)));
        await RefusedAsync("content", "ONNX_SHAPE_MISMATCH", lease, good, Even(Length, 2, 3, made => made.Input[0].Name = "pixels"));
        await RefusedAsync("content", "ONNX_UNSUPPORTED", lease, good, Even(Length, 2, 3, made => made.Node[1] = Node("Identity", "probabilities", "class_logits")));
        await RefusedAsync("content", "ONNX_UNSUPPORTED", lease, good, Even(Length, 2, 3, DependsOnNeighbours));

        await RefusedAsync("content", "ONNX_UNSUPPORTED", lease, good, Even(Length, 2, 3, NeedsMuchByTheItem));

        var unchanged = await GetAsync(run);
        Assert.Equal((TrainingRun.Types.State.Running, ""), (unchanged.State, unchanged.ModelVersion));
        var version = await PublishAsync(lease, good, graph);
        Assert.Equal($"{dataset}/models/{_algorithm}/versions/1", version.Name);
        Assert.Equal((7, 6, 0d), (version.AnnotationCount, version.Data.TrainItemCount, version.ParityMaxDifference));
        Assert.Equal(TrainingRun.Types.State.Succeeded, (await GetAsync(run)).State);
        var answer = await _service.Predictions.PredictAsync(new PredictRequest { Dataset = dataset, Model = new ModelSelector { Model = version.Name }, ItemId = "i0" });
        Assert.All(answer.Prediction.Probabilities, probability => Assert.Equal(1 / 3f, probability, 1e-6));
    }

    [Fact]
    public async Task A_lease_that_is_anothers_changes_nothing()
    {
        var dataset = await CreateAsync();
        var run = await StartAsync(dataset);
        var old = await LeaseAsync();
        var model = await ModelAsync(old);
        await _trainer.EndTrainingRunAsync(new EndTrainingRunRequest { Name = run.Name, FencingToken = old.FencingToken, End = EndTrainingRunRequest.Types.End.Released });
        var current = await LeaseAsync();
        Assert.Equal((run.Name, old.FencingToken + 1), (current.TrainingRun.Name, current.FencingToken));
        var proof = (run.Name, old.FencingToken);

        await StaleAsync(() => _trainer.RenewTrainingLeaseAsync(new RenewTrainingLeaseRequest { Name = proof.Name, FencingToken = proof.FencingToken }).ResponseAsync);
        await StaleAsync(() => ReadAsync(old));
        await StaleAsync(() => _trainer.ReportTrainingProgressAsync(new ReportTrainingProgressRequest
        {
            Name = proof.Name,
            FencingToken = proof.FencingToken,
            Progress = new TrainingProgress { Phase = "network", Epoch = 1, Epochs = 2 },
        }).ResponseAsync);
        await StaleAsync(() => PublishAsync(old, model, Even(Length, 2, 3)));
        foreach (var end in new[] { EndTrainingRunRequest.Types.End.Failed, EndTrainingRunRequest.Types.End.Released })
        {
            var request = new EndTrainingRunRequest { Name = proof.Name, FencingToken = proof.FencingToken, End = end };
            request.FailureMessage = end == EndTrainingRunRequest.Types.End.Failed ? "no" : "";
            await StaleAsync(() => _trainer.EndTrainingRunAsync(request).ResponseAsync);
        }

        Assert.Equal(TrainingRun.Types.State.Running, (await GetAsync(run)).State);
        Assert.Empty((await _service.Models.ListModelsAsync(new ListModelsRequest { Parent = dataset })).Models);
        await PublishAsync(current, model, Even(Length, 2, 3));
        await StaleAsync(() => PublishAsync(current, model, Even(Length, 2, 3)));
    }

    [Fact]
    public async Task Requests_that_make_no_sense_are_refused_by_field()
    {
        var text = (await _service.Datasets.CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = Requests.NewId(),
            Dataset = new Dataset { Classes = { Classes }, ItemType = new ItemType { Text = new ItemType.Types.Text() } },
        })).Name;
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "training_run.algorithm", () => StartAsync(text));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "trainer", () => LeaseAsync(change: request => request.Trainer = ""));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "algorithms", () => LeaseAsync(change: request => request.Algorithms.Clear()));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "algorithms[1]", () => LeaseAsync(change: request => request.Algorithms.Add("oracle")));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "algorithms[1]", () => LeaseAsync(change: request => request.Algorithms.Add("bingo")));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "lease", () => LeaseAsync(change: request => request.Lease = Duration.FromTimeSpan(TimeSpan.FromSeconds(1))));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "wait", () => LeaseAsync(change: request => request.Wait = new Duration { Seconds = long.MaxValue }));

        var run = await StartAsync(await CreateAsync());
        var lease = await LeaseAsync();
        var end = new EndTrainingRunRequest { Name = run.Name, FencingToken = lease.FencingToken };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "end", () => _trainer.EndTrainingRunAsync(end).ResponseAsync);
        end.End = EndTrainingRunRequest.Types.End.Failed;
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "failure_message", () => _trainer.EndTrainingRunAsync(end).ResponseAsync);
        end.End = EndTrainingRunRequest.Types.End.Cancelled;
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "end", () => _trainer.EndTrainingRunAsync(end).ResponseAsync);
        var progress = new ReportTrainingProgressRequest { Name = run.Name, FencingToken = lease.FencingToken, Progress = new TrainingProgress { Phase = "network", Epoch = 2, Epochs = 1 } };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "progress.epoch", () => _trainer.ReportTrainingProgressAsync(progress).ResponseAsync);
    }

    // Logits less the batch's mean, as batch normalisation in training has them.
    private static void DependsOnNeighbours(GraphProto graph)
    {
        graph.Initializer[0] = Constant("to_classes", [.. Enumerable.Range(0, Length * 3).Select(i => i % 3 == 0 ? (float)i : 0)], Length, 3);
        graph.Node[1] = Node("Softmax", "probabilities", "centred");
        graph.Node.Insert(1, Node("Sub", "centred", "class_logits", "mean"));
        var mean = Node("ReduceMean", "mean", "class_logits");
        mean.Attribute.Add(new AttributeProto { Name = "axes", Ints = { 0 }, Type = AttributeProto.Types.AttributeType.Ints });
        graph.Node.Insert(1, mean);
    }

    // 32 MiB an item, of a file of a few hundred bytes: a block of 128 would take 4 GiB.
    private static void NeedsMuchByTheItem(GraphProto graph)
    {
        var repeats = new TensorProto { Name = "repeats", DataType = 7, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>([1, 2 << 20])) };
        repeats.Dims.Add(2);
        graph.Initializer.Add(repeats);
        graph.Initializer.Add(Constant("nothing", [0], 1));
        graph.Node[1] = Node("Softmax", "probabilities", "with_much");
        graph.Node.Insert(1, Node("Add", "with_much", "class_logits", "no_logit"));
        graph.Node.Insert(1, Node("Mul", "no_logit", "most", "nothing"));
        var most = Node("ReduceMax", "most", "much");
        most.Attribute.Add(new AttributeProto { Name = "axes", Ints = { 1 }, Type = AttributeProto.Types.AttributeType.Ints });
        graph.Node.Insert(1, most);
        graph.Node.Insert(1, Node("Tile", "much", "features", "repeats"));
    }

    private static async Task StaleAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(error.StatusCode == StatusCode.Aborted, error.ToString());
        Assert.Contains("another trainer's", error.Status.Detail, StringComparison.Ordinal);
    }

    private async Task RefusedAsync(string field, string? reason, LeaseTrainingRunResponse lease, TrainedModel model, byte[] graph, Action<TrainedModel>? change = null)
    {
        var wrong = model.Clone();
        change?.Invoke(wrong);
        await Requests.RefusedAsync(StatusCode.InvalidArgument, field, async () =>
        {
            try
            {
                await PublishAsync(lease, wrong, graph);
            }
            catch (RpcException error) when (reason is not null)
            {
                Assert.Equal(reason, error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason);
                throw;
            }
        });
    }

    private async Task<string> CreateAsync()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 6);
        await _service.AnnotateAsync(
            dataset, [.. Enumerable.Range(0, 6).Select(i => Requests.Says("anna", $"i{i}", Classes[i % 3])), Requests.Says("bob", "i0", "b")]);
        await _service.Items.BatchSetGoldClassesAsync(new BatchSetGoldClassesRequest
        {
            Parent = dataset,
            GoldClasses = { new GoldClass { ItemId = "i2", ClassIndex = 2 } },
        });
        return dataset;
    }

    private Task<TrainingRun> StartAsync(string dataset) => TrainAndPredictTests.StartAsync(_service, dataset, _algorithm, ("depth", "7"));

    private Task<TrainingRun> GetAsync(TrainingRun run) => _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = run.Name }).ResponseAsync;

    private Task<LeaseTrainingRunResponse> LeaseAsync(int wait = 0, Action<LeaseTrainingRunRequest>? change = null)
    {
        var request = new LeaseTrainingRunRequest { Trainer = "tests", Algorithms = { _algorithm }, Lease = Duration.FromTimeSpan(TimeSpan.FromMinutes(10)) };
        if (wait > 0)
        {
            request.Wait = Duration.FromTimeSpan(TimeSpan.FromSeconds(wait));
        }

        change?.Invoke(request);
        return _trainer.LeaseTrainingRunAsync(request).ResponseAsync;
    }

    private async Task<List<TrainingData>> ReadAsync(LeaseTrainingRunResponse lease)
    {
        using var call = _trainer.ReadTrainingData(new ReadTrainingDataRequest { Name = lease.TrainingRun.Name, FencingToken = lease.FencingToken });
        var parts = new List<TrainingData>();
        await foreach (var part in call.ResponseStream.ReadAllAsync())
        {
            parts.Add(part);
        }

        return parts;
    }

    private async Task<TrainedModel> ModelAsync(LeaseTrainingRunResponse lease) => new()
    {
        Lineage = (await ReadAsync(lease))[0].Header.Lineage,
        Heads = { new ModelHead { LabelerId = "anna", AnnotationCount = 6, Weight = 0.5, EstimatedAccuracy = 0.9 }, new ModelHead { Weight = 0.5 } },
        CodeVersion = "1",
        ParityFeatures = Requests.Floats([1, 0, 0, 0, 0, 1, 0, 0], 2, Length),
        ParityProbabilities = Requests.Floats([1 / 3f, 1 / 3f, 1 / 3f, 1 / 3f, 1 / 3f, 1 / 3f], 2, 3),
    };

    private async Task<ModelVersion> PublishAsync(LeaseTrainingRunResponse lease, TrainedModel model, byte[] graph)
    {
        using var call = _trainer.PublishTrainedModel();
        var message = new PublishTrainedModelRequest { Name = lease.TrainingRun.Name, FencingToken = lease.FencingToken, Model = model };
        foreach (var piece in graph.Chunk(200))
        {
            message.Content = ByteString.CopyFrom(piece);
            try
            {
                await call.RequestStream.WriteAsync(message);
            }
            catch (Exception error) when (error is RpcException or InvalidOperationException)
            {
                // Refused before the end: the answer says why.
                return await call.ResponseAsync;
            }

            message = new PublishTrainedModelRequest();
        }

        await call.RequestStream.CompleteAsync();
        return await call.ResponseAsync;
    }
}
