using Grpc.Core;
using Grpc.Net.Client;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Insight;

/// <summary>Requests and answers at the edges of what is possible.</summary>
[Collection(SharedService.Name)]
public sealed class InsightLimitsTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;
    private readonly InsightService.InsightServiceClient _insight = fixture.Service.Insight;

    [Fact]
    public async Task An_id_longer_than_any_is_refused_and_not_sent_back()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 1);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "a"));
        var endless = new string('x', 200_000);
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "labeler_id",
            async () => await _insight.ListSuspectedAnnotationsAsync(new() { Parent = dataset, LabelerId = endless }));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "name",
            async () => await _insight.GetLabelerInsightAsync(new() { Name = $"{dataset}/labelerInsights/id:{endless}" }));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "name",
            async () => await _insight.GetLabelerInsightAsync(new() { Name = $"{dataset}/labelerInsights/id:a%00b" }));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "name",
            async () => await _insight.GetLabelerInsightAsync(new() { Name = $"{dataset}/labelerInsights/{new string('0', 200_000)}9999999" }));
    }

    [Fact]
    public async Task Costs_that_no_score_can_carry_are_refused()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 2);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "a"), Requests.Says("bert", "i0", "b"), Requests.Says("anna", "i1", "b"));
        foreach (var cost in new[] { 1e-320, 1e-300, 1e300, double.PositiveInfinity, double.NaN })
        {
            await Requests.RefusedAsync(StatusCode.InvalidArgument, "labelers[0].cost", async () => await SuggestAsync(cost));
        }

        foreach (var cost in new[] { 1e-9, 1e9 })
        {
            var suggestions = (await SuggestAsync(cost)).Suggestions;
            Assert.NotEmpty(suggestions);
            Assert.All(suggestions, suggestion => Assert.True(double.IsFinite(suggestion.Score)));
        }

        async Task<SuggestAnnotationsResponse> SuggestAsync(double cost) => await _insight.SuggestAnnotationsAsync(
            new() { Parent = dataset, Count = 2, Labelers = { new LabelerTerms { LabelerId = "bert", Cost = cost } } });
    }

    [Fact]
    public async Task Pages_of_many_classes_stay_below_what_clients_accept()
    {
        const int items = 600;
        var dataset = await _service.CreateDatasetAsync(4, [.. Enumerable.Range(0, 1_000).Select(k => $"class {k}")]);
        await _service.CreateItemsAsync(dataset, items);
        using var channel = GrpcChannel.ForAddress(_service.GrpcAddress);
        var usual = new InsightService.InsightServiceClient(channel);
        var (found, token) = (new List<string>(), "");
        do
        {
            var page = await usual.ListItemConsensusAsync(
                new() { Parent = dataset, Settings = new() { Method = "mv" }, IncludeUnannotated = true, PageSize = 1_000, PageToken = token });
            found.AddRange(page.Items.Select(item => item.ItemId));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(Enumerable.Range(0, items).Select(i => $"i{i}"), found);
    }
}
