using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Insight;

/// <summary>What InsightService refuses, by field; and what it says of data from which nothing can be learnt.</summary>
[Collection(SharedService.Name)]
public sealed class InsightBadInputTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;
    private readonly InsightService.InsightServiceClient _insight = fixture.Service.Insight;

    [Fact]
    public async Task Impossible_settings_are_refused_by_field()
    {
        var dataset = await FilledAsync();
        var unknown = await RefusedAsync(StatusCode.InvalidArgument, "settings.method", new() { Method = "oracle" });
        Assert.Contains("hierarchical", unknown.Status.Detail, StringComparison.Ordinal);
        await RefusedAsync(StatusCode.InvalidArgument, "settings.model", new() { Method = "model" });
        await RefusedAsync(StatusCode.InvalidArgument, "settings.model", new() { Method = "mv", Model = Model($"{dataset}/models/m") });
        await RefusedAsync(StatusCode.NotFound, "settings.model", new() { Model = Model($"{dataset}/models/m") });
        await RefusedAsync(StatusCode.InvalidArgument, "settings.model.model", new() { Model = Model("datasets/other/models/m") });
        await RefusedAsync(StatusCode.InvalidArgument, "settings.method", new() { Method = "ordinal_ds" });

        Task<RpcException> RefusedAsync(StatusCode code, string field, InsightSettings settings) => Requests.RefusedAsync(
            code, field, async () => await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, Settings = settings }));

        static ModelSelector Model(string name) => new() { Model = name };
    }

    [Fact]
    public async Task Impossible_arguments_are_refused_by_field()
    {
        var dataset = await FilledAsync();
        await ItemsAsync(StatusCode.InvalidArgument, "page_size", new() { PageSize = -1 });
        await ItemsAsync(StatusCode.InvalidArgument, "page_token", new() { PageToken = "garbage" });
        await ItemsAsync(StatusCode.InvalidArgument, "order", new() { Order = (ItemConsensusOrder)99 });
        await ItemsAsync(StatusCode.NotFound, "item_ids[1]", new() { ItemIds = { "i0", "nobody" } });
        await ItemsAsync(StatusCode.InvalidArgument, "item_ids[0]", new() { ItemIds = { "" } });
        await RefusedAsync(StatusCode.NotFound, "parent", async () => await _insight.ListItemConsensusAsync(new() { Parent = "datasets/nowhere" }));
        await RefusedAsync(StatusCode.InvalidArgument, "parent", async () => await _insight.ListItemConsensusAsync(new() { Parent = "nowhere" }));
        await RefusedAsync(StatusCode.InvalidArgument, "name", async () => await _insight.GetAgreementAsync(new() { Name = dataset }));
        await RefusedAsync(
            StatusCode.InvalidArgument, "scale", async () => await _insight.GetAgreementAsync(new() { Name = $"{dataset}/agreement", Scale = (AgreementScale)9 }));
        await RefusedAsync(StatusCode.InvalidArgument, "max_pairs", async () => await _insight.GetAgreementAsync(new() { Name = $"{dataset}/agreement", MaxPairs = -1 }));
        await RefusedAsync(StatusCode.InvalidArgument, "name", async () => await _insight.GetLabelerInsightAsync(new() { Name = $"{dataset}/labelerInsights/anna" }));
        await RefusedAsync(StatusCode.NotFound, "name", async () => await _insight.GetLabelerInsightAsync(new() { Name = $"{dataset}/labelerInsights/id:zoe" }));
        await RefusedAsync(StatusCode.NotFound, "name", async () => await _insight.GetLabelerInsightAsync(new() { Name = $"{dataset}/labelerInsights/999999999" }));
        await RefusedAsync(
            StatusCode.NotFound, "labeler_id", async () => await _insight.ListSuspectedAnnotationsAsync(new() { Parent = dataset, LabelerId = "zoe" }));
        await RefusedAsync(
            StatusCode.InvalidArgument, "min_probability_wrong",
            async () => await _insight.ListSuspectedAnnotationsAsync(new() { Parent = dataset, MinProbabilityWrong = double.NaN }));
        await RefusedAsync(StatusCode.InvalidArgument, "parts[0]", async () =>
        {
            using var call = _insight.RefreshInsights(new() { Parent = dataset, Parts = { InsightPart.Unspecified } });
            await call.ResponseStream.MoveNext(CancellationToken.None);
        });
        await SuggestAsync(StatusCode.InvalidArgument, "count", new());
        await SuggestAsync(StatusCode.InvalidArgument, "filter", new() { Count = 1, Filter = "nonsense" });
        await SuggestAsync(StatusCode.InvalidArgument, "policy", new() { Count = 1, Policy = SuggestionPolicy.ActiveLab });
        await SuggestAsync(StatusCode.InvalidArgument, "labelers[0].labeler_id", new() { Count = 1, Labelers = { new LabelerTerms { LabelerId = "zoe" } } });
        await SuggestAsync(
            StatusCode.InvalidArgument, "labelers[1].labeler_id",
            new() { Count = 1, Labelers = { new LabelerTerms { LabelerId = "anna" }, new LabelerTerms { LabelerId = "anna" } } });
        await SuggestAsync(StatusCode.InvalidArgument, "labelers[0].cost", new() { Count = 1, Labelers = { new LabelerTerms { LabelerId = "anna", Cost = -1 } } });
        await SuggestAsync(StatusCode.InvalidArgument, "done_probability_wrong", new() { Count = 1, DoneProbabilityWrong = 1 });

        Task ItemsAsync(StatusCode code, string field, ListItemConsensusRequest request)
        {
            request.Parent = dataset;
            return RefusedAsync(code, field, async () => await _insight.ListItemConsensusAsync(request));
        }

        Task SuggestAsync(StatusCode code, string field, SuggestAnnotationsRequest request)
        {
            request.Parent = dataset;
            return RefusedAsync(code, field, async () => await _insight.SuggestAnnotationsAsync(request));
        }

        static Task RefusedAsync(StatusCode code, string field, Func<Task> call) => Requests.RefusedAsync(code, field, call);
    }

    [Fact]
    public async Task Of_an_empty_dataset_or_one_labeler_there_are_defined_answers_with_warnings()
    {
        var empty = await _service.CreateDatasetAsync();
        await EverythingAsync(empty, "NO_ANNOTATIONS");
        Assert.Empty((await _insight.SuggestAnnotationsAsync(new() { Parent = empty, Count = 5 })).Suggestions);

        var bare = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(bare, 5);
        await EverythingAsync(bare, "NO_ANNOTATIONS");
        var all = await _insight.ListItemConsensusAsync(new() { Parent = bare, IncludeUnannotated = true });
        Assert.Equal(5, all.Items.Count);
        Assert.All(all.Items, item => Assert.Equal(0, item.Probability.Count));
        Assert.All(all.Items, item => Assert.Equal(1.0 / 3, item.Probability.Value, 1e-9));
        var anybody = await _insight.SuggestAnnotationsAsync(new() { Parent = bare, Count = 3 });
        Assert.Equal(3, anybody.Suggestions.Count);
        Assert.All(anybody.Suggestions, suggestion => Assert.Equal("", suggestion.LabelerId));

        await _service.AnnotateAsync(bare, [.. Enumerable.Range(0, 4).Select(i => Requests.Says("anna", $"i{i}", "b"))]);
        await EverythingAsync(bare, "ONE_LABELER");
        var agreement = await _insight.GetAgreementAsync(new() { Name = $"{bare}/agreement" });
        Assert.False(agreement.KrippendorffAlpha.HasValue);
        var anna = Assert.Single((await _insight.ListLabelerInsightsAsync(new() { Parent = bare })).Labelers);
        Assert.True(anna.TooLittleEvidence);
        Assert.Null(anna.AgreementWithOthers);
        Assert.Equal([0, 1, 0], anna.ClassShares);
    }

    private async Task EverythingAsync(string dataset, string warning)
    {
        var states = new List<InsightState>
        {
            (await _insight.ListItemConsensusAsync(new() { Parent = dataset, Settings = new() { Intervals = true } })).State,
            (await _insight.ListLabelerInsightsAsync(new() { Parent = dataset, Settings = new() { Intervals = true } })).State,
            (await _insight.ListSuspectedAnnotationsAsync(new() { Parent = dataset })).State,
            (await _insight.ListLookAlikesAsync(new() { Parent = dataset })).State,
            (await _insight.GetAgreementAsync(new() { Name = $"{dataset}/agreement" })).State,
        };
        using (var export = _insight.ExportItemConsensus(new() { Parent = dataset }))
        {
            await foreach (var block in export.ResponseStream.ReadAllAsync())
            {
                states.Add(block.State);
            }
        }

        Assert.Equal(6, states.Count);
        Assert.All(states, state => Assert.Contains(state.Warnings, found => found.Code == warning));
        foreach (var aggregator in (await _insight.ListAggregatorsAsync(new())).Aggregators.Where(aggregator => !aggregator.NeedsModel && !aggregator.Ordinal))
        {
            var items = await _insight.ListItemConsensusAsync(new() { Parent = dataset, Settings = new() { Method = aggregator.Method }, IncludeUnannotated = true });
            Assert.All(items.Items, item => Assert.Equal(1, item.Probabilities.Sum(), 1e-9));
        }
    }

    private async Task<string> FilledAsync()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 3);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "a"), Requests.Says("bert", "i0", "a"), Requests.Says("anna", "i1", "b"));
        return dataset;
    }
}
