using System.Runtime.InteropServices;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using LabelerService.TestKit.Suites;

namespace LabelerService.EndToEnd.Faults;

/// <summary>Numbers that are none, that have no end, that are next to nothing or as large as they can be.</summary>
[Trait("Suite", "faults")]
[Collection(SharedService.Name)]
public sealed class OddFeatureTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public async Task Items_without_a_finite_value_are_refused_and_nothing_of_their_batch_is_stored(float odd)
    {
        var dataset = await _service.CreateDatasetAsync();
        var batch = Requests.Batch(3, 4);
        var values = MemoryMarshal.Cast<byte, float>(batch.Features.Data.Span).ToArray();
        values[5] = odd;
        batch.Features = Requests.Floats(values, 3, 4);
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "batch.features.data", () => _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch }).ResponseAsync);
        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
    }

    [Fact]
    public async Task Denormal_and_huge_values_are_stored_bit_by_bit_and_learnt_and_predicted_from()
    {
        float[] odd = [float.Epsilon, -float.Epsilon, 1e-40f, -0.0f, float.MaxValue, float.MinValue];
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var batch = new ItemBatch { ItemIds = { "tiny", "mixed" }, Split = Split.Train, Features = Requests.Floats([.. odd[..4], 0, 0, .. odd], 2, SimulatedDataset.Length) };
        await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = crowd.Dataset, Batch = batch });
        foreach (var (id, row) in ((string, float[])[])[("tiny", [.. odd[..4], 0, 0]), ("mixed", odd)])
        {
            var listed = await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = crowd.Dataset, ItemId = id });
            var stored = await _service.Items.GetItemAsync(new GetItemRequest { Name = Assert.Single(listed.Items).Name, IncludeFeatures = true });
            Assert.Equal(MemoryMarshal.AsBytes(row.AsSpan()).ToArray(), stored.Features.Data.ToByteArray());
        }

        // Denormal values are learnt from as any others are.
        await _service.AnnotateAsync(crowd.Dataset, [.. Enumerable.Range(0, SimulatedDataset.Labelers).Select(labeler => new Annotation { ItemId = "tiny", LabelerId = $"labeler{labeler}", ClassIndex = 1 })]);
        var run = await TrainAndPredictTests.StartAsync(_service, crowd.Dataset, "dn", ("epochs", "3"), ("bootstrap_resamples", "0"));
        var ended = await TrainAndPredictTests.WatchToEndAsync(_service, run);
        Assert.True(ended.State == TrainingRun.Types.State.Succeeded, ended.FailureMessage);
        foreach (var row in (float[][])[[.. odd[..4], 0, 0], [.. Enumerable.Repeat(float.Epsilon, SimulatedDataset.Length)]])
        {
            var answer = await PredictAsync(row);
            Assert.All(answer.Prediction.Probabilities, probability => Assert.True(float.IsFinite(probability)));
            Assert.Equal(1, answer.Prediction.Probabilities.Sum(), 1e-5);
        }

        foreach (var value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            await Requests.RefusedAsync(StatusCode.InvalidArgument, "features.values[3]", () => PredictAsync([0, 0, 0, value, 0, 0]));
        }

        SuiteReport.Add("faults", "NaN, infinite, denormal and huge features", ("refused", 6), ("stored bit by bit", 2), ("predictions not finite", 0));

        Task<PredictResponse> PredictAsync(float[] values) => _service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = crowd.Dataset,
            Model = new ModelSelector { Model = ended.ModelVersion },
            Features = new FeatureVector { Values = { values } },
        }).ResponseAsync;
    }
}
