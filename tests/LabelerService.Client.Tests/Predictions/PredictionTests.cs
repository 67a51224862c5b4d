using Google.Rpc;
using Grpc.Core;
using LabelerService.Client.Tests.Harness;

namespace LabelerService.Client.Tests.Predictions;

/// <summary>Predictions come in the order of the items, through breaks; what does not go together is refused before it is sent.</summary>
public sealed class PredictionTests
{
    private const string Model = "datasets/d/models/m";

    [Fact]
    public async Task A_batch_is_answered_row_by_row()
    {
        var service = new PredictionEcho();
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();

        var said = await client.Predictions.PredictAsync(Model, [.. Items(3)], new PredictionOptions { Labelers = ["anna"], Alias = "trial" });

        Assert.Equal(["even", "odd", "even"], said.Select(prediction => prediction.Class));
        Assert.Equal([0, 1, 0], said.Select(prediction => prediction.ClassIndex));
        Assert.Equal([0.25f, 0.75f], said[1].Probabilities.ToArray());
        Assert.Equal([0f, 1f, 2f], said.Select(prediction => prediction.Entropy));
        Assert.Equal(0.5f, said[0].Disagreement);
        var request = Assert.Single(service.Asked);
        Assert.Equal(("datasets/d", Model, "trial", "anna"), (request.Dataset, request.Model.Model, request.Model.Alias, request.LabelerIds.Single()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_stream_answers_every_item_once_and_in_order_through_breaks(int breakEvery)
    {
        var service = new PredictionEcho();
        await using var host = await GrpcHost.StartAsync(service);
        service.Before = message =>
        {
            if (breakEvery > 0 && message % breakEvery == 0)
            {
                host.Cut();
            }

            return Task.CompletedTask;
        };
        using var client = host.Client();

        var said = await client.Predictions.PredictAsync(Model, Items(7_500).ToAsyncEnumerable()).ToListAsync();

        Assert.Equal(Enumerable.Range(0, 7_500).Select(row => (float)row), said.Select(prediction => prediction.Entropy));
        Assert.Equal(breakEvery > 0, service.Streams > 1);
    }

    [Fact]
    public async Task A_message_that_is_refused_ends_the_stream_behind_the_answers_before_it()
    {
        var service = new PredictionEcho
        {
            Before = message => message == 3 ? throw Refusals.Of(Code.NotFound, "VERSION_NOT_FOUND", "deleted") : Task.CompletedTask,
        };
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client();
        var answered = 0;

        var error = await Assert.ThrowsAsync<LabelerException>(async () =>
        {
            await foreach (var _ in client.Predictions.PredictAsync(Model, Items(5_000).ToAsyncEnumerable()))
            {
                answered++;
            }
        });

        Assert.Equal(StatusCode.NotFound, error.Status);
        Assert.Equal(2_000, answered);
    }

    [Fact]
    public async Task What_does_not_go_together_and_what_is_no_model_is_refused_before_it_is_sent()
    {
        using var client = new LabelerClient(new Uri("http://localhost:1"));

        await Assert.ThrowsAsync<ArgumentException>(
            () => client.Predictions.PredictAsync(Model, new List<ItemContent> { ItemContent.Text("a"), ItemContent.Stored("b") }));
        await Assert.ThrowsAsync<ArgumentException>(() => client.Predictions.PredictAsync("datasets/d", Items(1).First()));
    }

    private static IEnumerable<ItemContent> Items(int count) =>
        Enumerable.Range(0, count).Select(row => ItemContent.Features(new float[] { row, 0 }));
}
