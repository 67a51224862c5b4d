using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Telemetry;
using LabelerService.EndToEnd.Harness;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Batching;
using LabelerService.Server.Telemetry;
using LabelerService.Storage.Datasets;
using LabelerService.TestKit.Postgres;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>Large, many, late and partial requests.</summary>
public sealed class LoadTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly PublishedModels _models = new(database);
    private PredictionServer _server = null!;

    public async Task InitializeAsync() => _server = await PredictionServer.StartAsync(database.ConnectionString);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_batch_of_ten_thousand_items_and_small_requests_beside_it_get_their_own_answers()
    {
        const int Items = 10_000;
        var dataset = await _models.CreateDatasetAsync();
        var model = await _models.PublishAsync(dataset, 1);
        var large = PublishedModels.Features(Items);
        var answer = BatchAsync(_server, dataset, large).ResponseAsync;
        var small = Enumerable.Range(1, 30).Select(async seed =>
        {
            var features = PublishedModels.Features(1 + (seed % 3), seed);
            var predicted = await BatchAsync(_server, dataset, features);
            Close(PublishedModels.Expected(model, features), Floats(predicted.Predictions.Probabilities));
        });
        await Task.WhenAll(small);
        Close(PublishedModels.Expected(model, large), Floats((await answer).Predictions.Probabilities));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "features.shape", async () => await BatchAsync(_server, dataset, PublishedModels.Features(Items + 1)));
    }

    [Fact]
    public async Task The_distilled_head_and_half_precision_answer_as_the_graph_does()
    {
        var dataset = await _models.CreateDatasetAsync();
        var model = await _models.PublishAsync(dataset, 1);
        var features = PublishedModels.Features(3);
        var request = Request(dataset, features);
        request.Distilled = true;
        var predicted = await _server.Predictions.BatchPredictAsync(request);
        Close(PublishedModels.Expected(model, features, Core.Models.ServingGraph.Distilled), Floats(predicted.Predictions.Probabilities));
        Assert.Empty(predicted.Predictions.Disagreements);

        Half[] halves = [.. features.Select(value => (Half)value)];
        request = Request(dataset, features);
        request.Features.DataType = Tensor.Types.DataType.Float16;
        request.Features.Data = Google.Protobuf.ByteString.CopyFrom(MemoryMarshal.AsBytes(halves.AsSpan()));
        Close(
            PublishedModels.Expected(model, [.. halves.Select(value => (float)value)]),
            Floats((await _server.Predictions.BatchPredictAsync(request)).Predictions.Probabilities));
    }

    [Fact]
    public async Task Beyond_what_it_can_do_the_server_refuses_at_once_and_says_when_to_call_again()
    {
        await using var server = await PredictionServer.StartAsync(
            database.ConnectionString,
            options => options with
            {
                Predictions = new PredictionLimits { Runners = 1, MaxWait = TimeSpan.Zero, MaxWaitFactor = 0, MaxWaitingRequests = 1 },
            });
        var dataset = await _models.CreateDatasetAsync();
        var model = await _models.PublishAsync(dataset, 1);
        var features = PublishedModels.Features(5_000);
        var expected = PublishedModels.Expected(model, features);
        RpcException? refusal = null;
        for (var round = 0; refusal is null && round < 100; round++)
        {
            var calls = Enumerable.Range(0, 16).Select(_ => BatchAsync(server, dataset, features).ResponseAsync).ToArray();
            foreach (var call in calls)
            {
                try
                {
                    Close(expected, Floats((await call).Predictions.Probabilities));
                }
                catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted)
                {
                    refusal = error;
                }
            }
        }

        Assert.NotNull(refusal);
        var status = refusal.GetRpcStatus()!;
        Assert.Equal("OVERLOADED", status.GetDetail<Google.Rpc.ErrorInfo>()!.Reason);
        Assert.True(status.GetDetail<Google.Rpc.RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
        Assert.Equal(
            Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, (await server.Health.CheckAsync(new Grpc.Health.V1.HealthCheckRequest())).Status);
        Close(expected, Floats((await BatchAsync(server, dataset, features)).Predictions.Probabilities));

        // A stream waits instead.
        using var stream = server.Predictions.StreamPredict();
        var reading = Task.Run(async () =>
        {
            var answers = 0;
            while (await stream.ResponseStream.MoveNext(default))
            {
                Close(expected, Floats(stream.ResponseStream.Current.Response.Predictions.Probabilities));
                answers++;
            }

            return answers;
        });
        for (var message = 0; message < 12; message++)
        {
            await stream.RequestStream.WriteAsync(new StreamPredictRequest { Request = Request(dataset, features) });
        }

        await stream.RequestStream.CompleteAsync();
        Assert.Equal(12, await reading);
    }

    [Fact]
    public async Task A_request_past_its_deadline_is_told_so_and_others_are_answered()
    {
        var dataset = await _models.CreateDatasetAsync();
        var model = await _models.PublishAsync(dataset, 1);
        var features = PublishedModels.Features(2);
        var others = Enumerable.Range(0, 20).Select(_ => BatchAsync(_server, dataset, features).ResponseAsync).ToArray();
        var late = await Assert.ThrowsAsync<RpcException>(async () => await _server.Predictions.BatchPredictAsync(
            Request(dataset, PublishedModels.Features(10_000)), deadline: DateTime.UtcNow.AddMilliseconds(1)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        foreach (var other in others)
        {
            Close(PublishedModels.Expected(model, features), Floats((await other).Predictions.Probabilities));
        }
    }

    [Fact]
    public async Task Some_labelers_answer_alone_with_their_weights_renormalised()
    {
        var dataset = await _models.CreateDatasetAsync();
        var manifest = (await _models.PublishAsync(dataset, 1)).Manifest;
        var labelers = manifest.Heads.Select(head => head.LabelerId).OfType<string>().ToArray();
        var features = PublishedModels.Features(1);
        var full = await PredictAsync([]);
        Close([.. full.Probabilities], [.. (await PredictAsync([.. labelers, "newcomer"])).Probabilities]);
        Assert.Equal(full.Entropy, (await PredictAsync([.. labelers, "newcomer"])).Entropy, 1e-5);

        var two = await PredictAsync([labelers[2], labelers[0]]);
        Assert.Equal(2, two.Labelers.Count);
        Assert.Equal(1, two.Labelers.Sum(labeler => labeler.Weight), 1e-5);
        foreach (var labeler in two.Labelers)
        {
            var alone = full.Labelers.Single(one => one.LabelerId == labeler.LabelerId);
            Close([.. alone.Probabilities], [.. labeler.Probabilities]);
        }

        for (var k = 0; k < PublishedModels.Classes; k++)
        {
            Assert.Equal(two.Labelers.Sum(labeler => labeler.Weight * labeler.Probabilities[k]), two.Probabilities[k], 1e-5);
        }

        // Someone without a head is answered by the head that is nobody's.
        Close([.. full.Labelers.Single(one => one.LabelerId.Length == 0).Probabilities], [.. (await PredictAsync(["newcomer"])).Probabilities]);
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "labeler_ids[1]", () => PredictAsync([labelers[0], "nobody-knows"]));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "labeler_ids[1]", () => PredictAsync([labelers[0], labelers[0]]));

        await _models.PublishAsync(dataset, 1, "consensus");
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "labeler_ids", () => PredictAsync([labelers[0]], "consensus"));

        async Task<Prediction> PredictAsync(string[] ids, string id = "wdn")
        {
            var request = new PredictRequest
            {
                Dataset = $"datasets/{dataset.Id}",
                Model = new ModelSelector { Model = $"datasets/{dataset.Id}/models/{id}" },
                Features = new FeatureVector { Values = { features } },
                IncludeLabelers = true,
                IncludeUncertainty = true,
            };
            request.LabelerIds.AddRange(ids);
            return (await _server.Predictions.PredictAsync(request)).Prediction;
        }
    }

    [Fact]
    public async Task Predicting_allocates_the_answer_and_nothing_else()
    {
        const int Calls = 2_000;
        var dataset = await _models.CreateDatasetAsync();
        var model = await _models.PublishAsync(dataset, 1);
        using var session = new ModelSession(model.Onnx, model.Manifest);
        session.WarmUp();
        using var meter = new ServiceMeter();
        using var listener = Listen(meter);
        using var scheduler = new PredictionScheduler(new PredictionLimits { Runners = 1 }, TimeProvider.System, new PredictionMetrics(meter));
        ReadOnlyMemory<float> features = PublishedModels.Features(1);
        var lane = session.Lane(distilled: false, background: false);
        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var call = 0; call < Calls; call++)
            {
                var task = scheduler.RunAsync(lane, features, 1, PredictionOptions.Default, default);
                Assert.True(task.IsCompletedSuccessfully);
            }

            return (GC.GetAllocatedBytesForCurrentThread() - before) / Calls;
        }

        Measure();

        // An object of 8 fields, and three arrays of 24 bytes and their values, rounded up to 8.
        var answer = 88 + (24 + (sizeof(float) * PublishedModels.Classes) + 4) + (2 * 32);
        Assert.InRange(Measure(), 1, answer);
    }

    // Somebody looks at the metrics, and they still cost no memory.
    private static MeterListener Listen(ServiceMeter meter)
    {
        var recorded = 0.0;
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == meter.Meter)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => recorded += value);
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => recorded += value);
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => recorded += value);
        listener.Start();
        return listener;
    }

    private static BatchPredictRequest Request(DatasetRecord dataset, float[] features) => new()
    {
        Dataset = $"datasets/{dataset.Id}",
        Model = new ModelSelector { Model = $"datasets/{dataset.Id}/models/wdn" },
        Features = Requests.Floats(features, features.Length / PublishedModels.Length, PublishedModels.Length),
    };

    private static AsyncUnaryCall<BatchPredictResponse> BatchAsync(PredictionServer server, DatasetRecord dataset, float[] features) =>
        server.Predictions.BatchPredictAsync(Request(dataset, features));

    private static float[] Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();

    private static void Close(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5f);
        }
    }
}
