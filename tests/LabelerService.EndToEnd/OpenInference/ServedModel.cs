using Google.Protobuf;
using LabelerService.Contracts;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.OpenInference;

/// <summary>One model with a distilled head, trained once for the tests of a class, and short forms for requests to it.</summary>
public sealed class ServedModel(ServiceFixture fixture) : IAsyncLifetime
{
    public const int Length = SimulatedDataset.Length;

    internal RunningService Service => fixture.Service;

    internal GRPCInferenceService.GRPCInferenceServiceClient Client => new(Service.Channel);

    /// <summary>Resource name of its dataset.</summary>
    internal string Dataset { get; private set; } = "";

    /// <summary>Resource name of its version.</summary>
    internal string Version { get; private set; } = "";

    /// <summary><c>{dataset}.{model}</c>.</summary>
    internal string Name { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Dataset = (await SimulatedDataset.CreateAsync(Service)).Dataset;
        var run = await TrainAndPredictTests.StartAsync(Service, Dataset, "wdn", ("epochs", "10"), ("hidden", "16"), ("distil", "on"));
        var ended = await TrainAndPredictTests.WatchToEndAsync(Service, run);
        Assert.True(ended.State == TrainingRun.Types.State.Succeeded, ended.ToString());
        Version = ended.ModelVersion;
        Assert.True(ResourceName.TryParseModelVersion(Version, out var dataset, out var model, out _));
        Name = $"{dataset}.{model}";
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Features of some items, row-major.</summary>
    internal static float[] Values(int items)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, items * Length).Select(_ => (float)((4 * random.NextDouble()) - 2))];
    }

    /// <summary>A request with typed features and all outputs.</summary>
    internal ModelInferRequest Typed(float[] values) => new()
    {
        ModelName = Name,
        Inputs =
        {
            new ModelInferRequest.Types.InferInputTensor
            {
                Name = "features",
                Datatype = "FP32",
                Shape = { values.Length / Length, Length },
                Contents = new InferTensorContents { Fp32Contents = { values } },
            },
        },
    };

    /// <summary>A request with raw features.</summary>
    internal ModelInferRequest Raw(string datatype, int items, byte[] bytes)
    {
        var request = Typed(new float[items * Length]);
        request.Inputs[0].Datatype = datatype;
        request.Inputs[0].Contents = null;
        request.RawInputContents.Add(ByteString.CopyFrom(bytes));
        return request;
    }

    /// <summary>What <c>labeler.v1</c> says of the same items.</summary>
    internal async Task<PredictionBatch> PredictAsync(float[] values, bool distilled = false)
    {
        var request = new BatchPredictRequest
        {
            Dataset = Dataset,
            Model = new ModelSelector { Model = Version },
            Features = Requests.Floats(values, values.Length / Length, Length),
            Distilled = distilled,
        };
        if (!distilled)
        {
            request.Outputs.Add([PredictionOutput.LabelerProbabilities, PredictionOutput.LabelerWeights]);
        }

        return (await Service.Predictions.BatchPredictAsync(request)).Predictions;
    }
}
