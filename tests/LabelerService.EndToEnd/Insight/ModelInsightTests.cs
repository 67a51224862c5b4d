using System.Runtime.InteropServices;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using Split = LabelerService.Core.Datasets.Split;

namespace LabelerService.EndToEnd.Insight;

/// <summary>A trained model as one more voter, as a client of the API sees it.</summary>
public sealed class ModelInsightTests(VotingModels fixture) : IClassFixture<VotingModels>
{
    private const int Classes = 3;
    private readonly InsightService.InsightServiceClient _insight = new(fixture.Server.Call(null));

    [Fact]
    public async Task A_model_votes_beside_one_label_an_item_and_both_items_and_labelers_are_judged_rightly()
    {
        var (crowd, dataset) = await fixture.CrowdAsync(1_000, labels: 1);
        await fixture.TrainAsync(dataset, "consensus");
        var (state, with) = await ExportAsync(dataset, Voting(dataset, "consensus"));
        var (_, without) = await ExportAsync(dataset, new InsightSettings());

        Assert.Equal(("model", $"datasets/{dataset.Id}/models/consensus/versions/1"), (state.Method, state.ModelVersion));
        Assert.Equal((600, 400, 1_000), (state.OutOfFoldCount, state.PredictedCount, state.ItemCount));
        Assert.Equal(crowd.ItemCount, with.Length);
        var annotated = Enumerable.Range(0, crowd.ItemCount).Where(item => crowd.Snapshot.Splits[item] != Split.Test).ToArray();
        Assert.True(Right(with, annotated) > 0.93, $"{Right(with, annotated)}");
        Assert.True(Right(with, annotated) > Right(without, annotated) + 0.1, $"{Right(with, annotated)} against {Right(without, annotated)}");

        // Items without annotations are what the model says.
        int[] unannotated = [.. Enumerable.Range(0, crowd.ItemCount).Except(annotated)];
        Assert.True(Right(with, unannotated) > 0.9);

        var labelers = await _insight.ListLabelerInsightsAsync(
            new ListLabelerInsightsRequest { Parent = Name(dataset), Settings = Voting(dataset, "consensus") });
        Assert.Equal(crowd.Options.Accuracies.Count, labelers.Labelers.Count);
        foreach (var (labeler, accuracy) in labelers.Labelers.Zip(crowd.Options.Accuracies))
        {
            // 80 labels each: a standard error of 0.056 at most.
            Assert.Equal(accuracy, labeler.Accuracy.Value, 0.2);
            Assert.Equal(labeler.AnnotationCount, labeler.AgreementWithModel.Count);
        }

        Assert.True(labelers.Labelers.Zip(crowd.Options.Accuracies, (labeler, accuracy) => Math.Abs(labeler.Accuracy.Value - accuracy)).Average() < 0.07);

        double Right(int[] named, int[] items) => items.Count(item => named[item] == crowd.Truth[item]) / (double)items.Length;
    }

    [Fact]
    public async Task New_labels_count_at_once_beside_what_the_model_said_before_they_came()
    {
        var (crowd, dataset) = await fixture.CrowdAsync(150);
        await fixture.TrainAsync(dataset, "consensus");
        var before = await ItemAsync(dataset, "item-149");
        var other = (before.Item.ClassIndex + 1) % Classes;
        await fixture.Get<AnnotationStore>().WriteAsync(
            dataset, [.. Enumerable.Range(0, 4).Select(labeler => new AnnotationWrite("item-149", $"labeler-{labeler}", other))], Storage.Ingest.UnknownLabelers.Reject, null, default);
        var after = await ItemAsync(dataset, "item-149");

        Assert.NotEqual(before.State.State, after.State.State);
        Assert.Equal((before.State.OutOfFoldCount, before.State.PredictedCount), (after.State.OutOfFoldCount, after.State.PredictedCount));
        Assert.Equal((0L, 4L), (before.Item.Probability.Count, after.Item.Probability.Count));
        Assert.True(after.Item.Probabilities[other] > before.Item.Probabilities[other]);
        Assert.Equal(150, crowd.ItemCount);
    }

    [Theory]
    [InlineData("crowdlab")]
    [InlineData("model")]
    public async Task Every_method_that_takes_a_model_takes_it_and_a_silent_model_is_told_of(string method)
    {
        var (crowd, dataset) = await fixture.CrowdAsync(150);
        await fixture.TrainAsync(dataset, "dn");
        await fixture.TrainAsync(dataset, "consensus");
        var (voting, named) = await ExportAsync(dataset, Voting(dataset, "consensus", method));
        var (silent, _) = await ExportAsync(dataset, Voting(dataset, "dn", method));

        Assert.Equal(method, voting.Method);
        Assert.DoesNotContain(voting.Warnings, warning => warning.Code == "MODEL_WITHOUT_OUT_OF_FOLD");
        Assert.True(named.Zip(crowd.Truth).Count(pair => pair.First == pair.Second) > 0.85 * crowd.ItemCount);
        Assert.Equal((0, 60), (silent.OutOfFoldCount, silent.PredictedCount));
        Assert.Contains(silent.Warnings, warning => warning.Code == "MODEL_WITHOUT_OUT_OF_FOLD");
    }

    [Fact]
    public async Task What_does_not_go_with_a_model_is_refused_by_name()
    {
        var (_, dataset) = await fixture.CrowdAsync(60);
        foreach (var (settings, code) in ((InsightSettings, StatusCode)[])
            [
                (Voting(dataset, "none"), StatusCode.NotFound), (Voting(dataset, "none", "ds"), StatusCode.InvalidArgument),
                (new InsightSettings { Method = "model" }, StatusCode.InvalidArgument),
                (new InsightSettings { Model = new ModelSelector { Model = "datasets/another/models/none" } }, StatusCode.InvalidArgument),
            ])
        {
            var error = await Assert.ThrowsAsync<RpcException>(
                () => _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = Name(dataset), Settings = settings }).ResponseAsync);
            Assert.Equal(code, error.StatusCode);
            var violation = Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations);
            Assert.StartsWith("settings.model", violation.Field, StringComparison.Ordinal);
        }
    }

    private static string Name(DatasetRecord dataset) => $"datasets/{dataset.Id}";

    private static InsightSettings Voting(DatasetRecord dataset, string model, string method = "") =>
        new() { Method = method, Model = new ModelSelector { Model = $"{Name(dataset)}/models/{model}" } };

    private async Task<(ItemConsensus Item, InsightState State)> ItemAsync(DatasetRecord dataset, string id)
    {
        var answer = await _insight.ListItemConsensusAsync(new ListItemConsensusRequest
        {
            Parent = Name(dataset),
            Settings = Voting(dataset, "consensus"),
            ItemIds = { id },
            IncludeUnannotated = true,
        });
        return (Assert.Single(answer.Items), answer.State);
    }

    /// <summary>Named class of every item, in the crowd's order.</summary>
    private async Task<(InsightState State, int[] Named)> ExportAsync(DatasetRecord dataset, InsightSettings settings)
    {
        using var call = _insight.ExportItemConsensus(
            new ExportItemConsensusRequest { Parent = Name(dataset), Settings = settings, IncludeUnannotated = true });
        var (state, named) = (new InsightState(), new List<int>());
        await foreach (var block in call.ResponseStream.ReadAllAsync())
        {
            state = block.State ?? state;
            named.AddRange(block.ClassIndices);
            Assert.Equal(block.ItemIds.Count * Classes, MemoryMarshal.Cast<byte, float>(block.Probabilities.Data.Span).Length);
        }

        return (state, [.. named]);
    }
}
