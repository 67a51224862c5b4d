using System.Runtime.InteropServices;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.BadInput;

/// <summary>Training on data that says next to nothing: a model, or a message that says what is missing; never NaN.</summary>
[Collection(SharedService.Name)]
public sealed class PoorDataTests(ServiceFixture fixture)
{
    private const int Length = 3;
    private readonly RunningService _service = fixture.Service;

    public static TheoryData<string, string> AlgorithmsAndCases()
    {
        var data = new TheoryData<string, string>();
        foreach (var algorithm in new[] { "auto", "wdn", "bn" })
        {
            foreach (var name in new[] { "one class only", "one labeler only", "one labeler with one class", "two items", "same features everywhere" })
            {
                data.Add(algorithm, name);
            }
        }

        return data;
    }

    /// <summary>No case has a validation split.</summary>
    [Theory]
    [MemberData(nameof(AlgorithmsAndCases))]
    public async Task Gives_a_model_or_says_what_is_missing(string algorithm, string name)
    {
        var dataset = name switch
        {
            "one class only" => await CreateAsync(24, labelers: 3, (_, _) => 1),
            "one labeler only" => await CreateAsync(24, labelers: 1, (item, _) => item % 2),
            "one labeler with one class" => await CreateAsync(24, labelers: 1, (_, _) => 0),
            "two items" => await CreateAsync(2, labelers: 2, (item, _) => item % 2),
            _ => await CreateAsync(24, labelers: 3, (item, _) => item % 2, sameFeatures: true),
        };
        TrainingRun run;
        try
        {
            run = await TrainAndPredictTests.StartAsync(_service, dataset, algorithm);
        }
        catch (RpcException refused)
        {
            Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
            Assert.True(refused.Status.Detail.Length > 20, refused.Status.Detail);
            return;
        }

        run = await TrainAndPredictTests.WatchToEndAsync(_service, run);
        if (run.State == TrainingRun.Types.State.Failed)
        {
            // That is how a fault of ours reads: advice is for the caller.
            Assert.DoesNotContain("Training failed", run.FailureMessage, StringComparison.Ordinal);
            Assert.True(run.FailureMessage.Length > 20, run.FailureMessage);
            return;
        }

        Assert.Equal(TrainingRun.Types.State.Succeeded, run.State);
        await IsSoundAsync(dataset, run.ModelVersion);
    }

    private async Task IsSoundAsync(string dataset, string version)
    {
        var model = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = version });
        Assert.All(model.Metrics, metric => Assert.True(double.IsFinite(metric.Value), metric.ToString()));
        Assert.Equal(1, model.Heads.Sum(head => head.Weight), 1e-4);
        Assert.All(model.Heads, head => Assert.InRange(head.EstimatedAccuracy, 0, 1.0001));
        Assert.All(model.Selection?.Candidates ?? [], candidate => Assert.True(double.IsFinite(candidate.LogLikelihood), candidate.ToString()));

        var answer = await _service.Predictions.BatchPredictAsync(new BatchPredictRequest
        {
            Dataset = dataset,
            Model = new ModelSelector { Model = version },
            Items = new ItemIds { ItemIds_ = { "i0", "i1" } },
            Outputs = { PredictionOutput.LabelerWeights, PredictionOutput.LabelerProbabilities },
        });
        var rows = Floats(answer.Predictions.Probabilities).Chunk(2);
        Assert.All(rows, row => Assert.Equal(1, row.Sum(), 1e-4));
        Assert.All(Floats(answer.Predictions.LabelerProbabilities), p => Assert.InRange(p, 0, 1.0001f));
        Assert.All(Floats(answer.Predictions.LabelerWeights), weight => Assert.InRange(weight, 0, 1.0001f));
        Assert.All(answer.Predictions.Entropies, entropy => Assert.InRange(entropy, 0, 0.6932f));
        Assert.All(answer.Predictions.Disagreements, disagreement => Assert.InRange(disagreement, -1e-6f, 0.6932f));
    }

    private async Task<string> CreateAsync(int items, int labelers, Func<int, int, int> answer, bool sameFeatures = false)
    {
        var dataset = await _service.CreateDatasetAsync(Length, "no", "yes");
        var values = new float[items * Length];
        var annotations = new List<Annotation>();
        for (var i = 0; i < items; i++)
        {
            for (var d = 0; d < Length; d++)
            {
                values[(i * Length) + d] = sameFeatures ? 1 : (i % 2 == 0 ? -1 : 1) + (0.01f * ((7 * i) + d));
            }

            annotations.AddRange(Enumerable.Range(0, labelers).Select(
                labeler => new Annotation { ItemId = $"i{i}", LabelerId = $"l{labeler}", ClassIndex = answer(i, labeler) }));
        }

        var batch = new ItemBatch { Split = Split.Train, Features = Requests.Floats(values, items, Length) };
        batch.ItemIds.Add(Enumerable.Range(0, items).Select(i => $"i{i}"));
        await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch });
        await _service.AnnotateAsync(dataset, [.. annotations]);
        return dataset;
    }

    private static float[] Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
}
