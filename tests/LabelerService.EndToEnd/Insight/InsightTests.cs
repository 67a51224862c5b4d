using System.Runtime.InteropServices;
using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Insight;

/// <summary>Each method of InsightService on a real crowd.</summary>
[Collection(SharedService.Name)]
public sealed class InsightTests(LabelMeCrowd crowd) : IClassFixture<LabelMeCrowd>
{
    private readonly InsightService.InsightServiceClient _insight = crowd.Service.Insight;

    [Fact]
    public async Task Every_aggregator_finds_most_classes_of_a_real_crowd_and_says_how_often_it_is_right()
    {
        var aggregators = (await _insight.ListAggregatorsAsync(new ListAggregatorsRequest())).Aggregators;
        Assert.Contains(aggregators, aggregator => aggregator is { Method: "model", NeedsModel: true, TakesModel: true });
        Assert.All(aggregators, aggregator => Assert.True(aggregator.Title.Length > 0 && aggregator.Summary.Length > 0 && aggregator.Paper.Length > 0));
        foreach (var aggregator in aggregators.Where(aggregator => !aggregator.NeedsModel && !aggregator.Ordinal))
        {
            var answer = await ListAsync(new() { Settings = new() { Method = aggregator.Method }, PageSize = 1 });
            var state = answer.State;
            Assert.Equal(
                (LabelMeCrowd.Labels, LabelMeCrowd.Items, LabelMeCrowd.Items, LabelMeCrowd.LabelerCount),
                (state.AnnotationCount, state.ItemCount, state.AnnotatedItemCount, state.LabelerCount));
            Assert.Equal(aggregator.Method, state.Method);

            // Two and a half answers an item, eight classes: votes are right about 77 of 100.
            Assert.True(state.GoldAccuracy.Value is > 0.7 and < 0.9, $"{aggregator.Method}: {state.GoldAccuracy}");
            Assert.InRange(state.GoldAccuracy.Value, state.GoldAccuracy.Low, state.GoldAccuracy.High);
            Assert.Equal(LabelMeCrowd.Items, state.GoldAccuracy.Count);
            var item = Assert.Single(answer.Items);
            Assert.Equal(1, item.Probabilities.Sum(), 1e-9);
            Assert.Equal(item.Probabilities.Max(), item.Probability.Value);
        }
    }

    [Fact]
    public async Task Pages_are_of_one_state_whatever_comes_meanwhile_and_the_next_list_has_it()
    {
        var dataset = await crowd.CreateAsync();
        var request = new ListItemConsensusRequest { Parent = dataset, PageSize = 300, Order = ItemConsensusOrder.ProbabilityWrong };
        var seen = new List<ItemConsensus>();
        InsightState? state = null;
        do
        {
            var page = await _insight.ListItemConsensusAsync(request);
            seen.AddRange(page.Items);
            state ??= page.State;
            Assert.Equal((state.State, LabelMeCrowd.Labels), (page.State.State, page.State.AnnotationCount));
            request.PageToken = page.NextPageToken;
            if (seen.Count == 600)
            {
                await crowd.Service.AnnotateAsync(dataset, Requests.Says("somebody new", "train-0", "class-0"), Requests.Says("labeler-20", "train-0", "class-1"));
            }
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(LabelMeCrowd.Items, seen.Select(item => item.ItemId).Distinct().Count());
        Assert.Equal(seen.Select(item => item.ProbabilityWrong).OrderDescending(), seen.Select(item => item.ProbabilityWrong));
        Assert.All(seen, item => Assert.Equal($"class-{item.GoldClassIndex}", crowd.Gold[item.ItemId]));

        // The unsure half has most of what is wrong. With two and a half answers an item by labelers who err together it cannot have all.
        var wrong = seen.Count(item => item.ClassIndex != item.GoldClassIndex);
        Assert.InRange(seen.Take(500).Count(item => item.ClassIndex != item.GoldClassIndex), 0.7 * wrong, wrong);

        var after = await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, ItemIds = { "train-0" } });
        Assert.Equal((LabelMeCrowd.Labels + 1, LabelMeCrowd.LabelerCount + 1), (after.State.AnnotationCount, after.State.LabelerCount));
        Assert.NotEqual(state.State, after.State.State);
        Assert.True(after.State.Incremental);
        Assert.False(after.State.Cached);
        Assert.True((await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, PageSize = 1 })).State.Cached);

        await crowd.Service.AnnotateAsync(dataset, Requests.Says("somebody new", "train-1", "class-0"));
        await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, PageSize = 1 });
        var tokenOf = (await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, PageSize = 1 })).NextPageToken;
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "page_token",
            async () => await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, PageSize = 1, PageToken = tokenOf, IncludeUnannotated = true }));
        for (var change = 0; change < 4; change++)
        {
            await crowd.Service.AnnotateAsync(dataset, Requests.Says("somebody new", $"train-{change + 2}", "class-0"));
            await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, PageSize = 1 });
        }

        await Requests.RefusedAsync(
            StatusCode.Aborted, "page_token",
            async () => await _insight.ListItemConsensusAsync(new ListItemConsensusRequest { Parent = dataset, PageSize = 1, PageToken = tokenOf }));
    }

    [Fact]
    public async Task The_export_has_what_the_list_has_in_columns()
    {
        var listed = new List<ItemConsensus>();
        await foreach (var item in AllAsync(new() { Settings = new() { Method = "ds", Intervals = true }, PageSize = 1_000 }))
        {
            listed.Add(item);
        }

        using var export = _insight.ExportItemConsensus(
            new ExportItemConsensusRequest { Parent = crowd.Dataset, Settings = new() { Method = "ds", Intervals = true } });
        var at = 0;
        await foreach (var block in export.ResponseStream.ReadAllAsync())
        {
            if (at == 0)
            {
                Assert.Equal(Enumerable.Range(0, LabelMeCrowd.Classes).Select(k => $"class-{k}"), block.Classes);
                Assert.Equal("ds", block.State.Method);
            }

            Assert.Equal([block.ItemIds.Count, LabelMeCrowd.Classes], block.Probabilities.Shape);
            for (var i = 0; i < block.ItemIds.Count; i++, at++)
            {
                var item = listed[at];
                Assert.Equal((item.ItemId, item.ClassIndex, item.Probability.Count), (block.ItemIds[i], block.ClassIndices[i], block.AnnotationCounts[i]));
                Assert.Equal((float)item.ProbabilityWrong, block.ProbabilitiesWrong[i]);
                Assert.Equal((float)item.Difficulty, block.Difficulties[i]);
                Assert.Equal(((float)item.Probability.Low, (float)item.Probability.High), (block.ProbabilityLows[i], block.ProbabilityHighs[i]));
                Assert.Equal(
                    item.Probabilities.Select(p => (float)p),
                    MemoryMarshal.Cast<byte, float>(block.Probabilities.Data.Span).Slice(i * LabelMeCrowd.Classes, LabelMeCrowd.Classes).ToArray());
            }
        }

        Assert.Equal(LabelMeCrowd.Items, at);
        Assert.Equal(listed.Count, at);
    }

    [Fact]
    public async Task Labelers_come_with_accuracy_agreement_speed_and_confusion()
    {
        var settings = new InsightSettings { Intervals = true };
        var list = await _insight.ListLabelerInsightsAsync(
            new ListLabelerInsightsRequest { Parent = crowd.Dataset, Settings = settings, Order = LabelerInsightOrder.Annotations, PageSize = 1_000 });
        Assert.Equal(LabelMeCrowd.LabelerCount, list.Labelers.Count);
        Assert.Equal(LabelMeCrowd.Labels, list.Labelers.Sum(labeler => labeler.AnnotationCount));
        Assert.Equal(list.Labelers.Select(labeler => labeler.AnnotationCount).OrderDescending(), list.Labelers.Select(labeler => labeler.AnnotationCount));
        foreach (var labeler in list.Labelers)
        {
            Assert.Equal(1, labeler.ClassShares.Sum(), 1e-9);
            foreach (var estimate in new[] { labeler.Accuracy, labeler.AgreementWithOthers, labeler.GoldAccuracy })
            {
                Assert.InRange(estimate.Value, estimate.Low, estimate.High);
            }

            Assert.Equal(labeler.AnnotationCount, labeler.Speed.Count);
            Assert.InRange(labeler.Speed.Median.ToTimeSpan().TotalSeconds, 2, 6);
        }

        // What the others say of the busy is what gold says, about.
        var busy = list.Labelers.Take(10).ToArray();
        Assert.All(busy, labeler => Assert.InRange(labeler.AgreementWithOthers.Value - labeler.GoldAccuracy.Value, -0.25, 0.25));

        var first = await _insight.GetLabelerInsightAsync(new GetLabelerInsightRequest { Name = busy[0].Name, Settings = settings });
        Assert.Equal(busy[0].LabelerId, first.Labeler.LabelerId);
        Assert.Equal(LabelMeCrowd.Classes * LabelMeCrowd.Classes, first.Labeler.Confusion.Probabilities.Count);
        Assert.All(first.Labeler.Confusion.Probabilities.Chunk(LabelMeCrowd.Classes), row => Assert.Equal(1, row.Sum(), 1e-6));
        Assert.Equal(LabelMeCrowd.Classes * LabelMeCrowd.Classes, first.Labeler.Confusion.Lows.Count);
        Assert.All(
            first.Labeler.Confusion.Lows.Zip(first.Labeler.Confusion.Highs), interval => Assert.InRange(interval.First, 0, interval.Second));
        var byId = await _insight.GetLabelerInsightAsync(
            new GetLabelerInsightRequest { Name = $"{crowd.Dataset}/labelerInsights/id:{Uri.EscapeDataString(busy[0].LabelerId)}", Settings = settings });
        Assert.Equal(first.Labeler, byId.Labeler);

        var worst = await _insight.ListLabelerInsightsAsync(
            new ListLabelerInsightsRequest { Parent = crowd.Dataset, Settings = settings, Order = LabelerInsightOrder.Accuracy, PageSize = 20 });
        Assert.NotEmpty(worst.NextPageToken);
        Assert.Equal(20, worst.Labelers.Count);
        var flagged = await _insight.ListLabelerInsightsAsync(
            new ListLabelerInsightsRequest { Parent = crowd.Dataset, Settings = settings, Flagged = true, Order = LabelerInsightOrder.Flags });
        Assert.All(flagged.Labelers, labeler => Assert.All(labeler.Flags, flag => Assert.NotEmpty(flag.Evidence)));
        Assert.All(flagged.Labelers, labeler => Assert.NotEmpty(labeler.Flags));
        var pairs = await _insight.ListLookAlikesAsync(new ListLookAlikesRequest { Parent = crowd.Dataset, Settings = settings });
        Assert.All(pairs.LookAlikes, pair => Assert.NotEqual(pair.LabelerId, pair.OtherLabelerId));
    }

    [Fact]
    public async Task Suspected_annotations_are_mostly_wrong_and_say_why()
    {
        var request = new ListSuspectedAnnotationsRequest { Parent = crowd.Dataset, PageSize = 100 };
        var suspects = new List<SuspectedAnnotation>();
        do
        {
            var page = await _insight.ListSuspectedAnnotationsAsync(request);
            suspects.AddRange(page.Annotations);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.InRange(suspects.Count, 200, 1_200);
        Assert.Equal(suspects.Count, suspects.Select(annotation => annotation.Annotation).Distinct().Count());
        Assert.Equal(suspects.Select(annotation => annotation.ProbabilityWrong).OrderDescending(), suspects.Select(annotation => annotation.ProbabilityWrong));
        Assert.All(suspects, annotation => Assert.True(annotation.ProbabilityWrong >= 0.5 && annotation.ClassName != annotation.LikelyClassName));
        Assert.All(suspects.Take(100), annotation => Assert.NotEmpty(annotation.Reasons));
        Assert.InRange(suspects.Take(200).Count(annotation => annotation.ClassName != crowd.Gold[annotation.ItemId]), 150, 200);
        Assert.Equal(
            suspects[0].ItemId,
            (await crowd.Service.Annotations.GetAnnotationAsync(new GetAnnotationRequest { Name = suspects[0].Annotation })).ItemId);

        var labeler = suspects[0].LabelerId;
        var own = await _insight.ListSuspectedAnnotationsAsync(
            new ListSuspectedAnnotationsRequest { Parent = crowd.Dataset, LabelerId = labeler, PageSize = 1_000 });
        Assert.Equal(suspects.Where(annotation => annotation.LabelerId == labeler), own.Annotations);
        var sure = await _insight.ListSuspectedAnnotationsAsync(
            new ListSuspectedAnnotationsRequest { Parent = crowd.Dataset, MinProbabilityWrong = 0.9, PageSize = 1_000 });
        Assert.Equal(suspects.Where(annotation => annotation.ProbabilityWrong >= 0.9), sure.Annotations);
    }

    [Fact]
    public async Task Agreement_has_intervals_and_the_pairs_that_share_most()
    {
        var answer = await _insight.GetAgreementAsync(new GetAgreementRequest { Name = $"{crowd.Dataset}/agreement", MaxPairs = 5 });
        Assert.Equal(AgreementScale.Nominal, answer.Scale);
        foreach (var estimate in new[] { answer.Percent, answer.FleissKappa, answer.KrippendorffAlpha })
        {
            Assert.InRange(estimate.Value, estimate.Low, estimate.High);
            Assert.InRange(estimate.Value, 0.4, 0.9);
            Assert.True(estimate.Count > 0);
        }

        Assert.Equal(5, answer.Pairs.Count);
        Assert.Equal(answer.Pairs.Select(pair => pair.SharedItems).OrderDescending(), answer.Pairs.Select(pair => pair.SharedItems));
        Assert.False(answer.Pairs[0].HasWeightedKappa);
        Assert.True(answer.PairCount > 5);
        var interval = await _insight.GetAgreementAsync(new GetAgreementRequest { Name = $"{crowd.Dataset}/agreement", Scale = AgreementScale.Interval });
        Assert.True(interval.Pairs[0].HasWeightedKappa);
        Assert.NotEqual(answer.KrippendorffAlpha.Value, interval.KrippendorffAlpha.Value);
        Assert.Equal(answer.FleissKappa.Value, interval.FleissKappa.Value);
    }

    [Fact]
    public async Task Suggestions_ask_nobody_twice_keep_to_the_terms_and_choose_the_unsure()
    {
        var dataset = await crowd.CreateAsync();
        var gold = new BatchSetGoldClassesRequest { Parent = dataset };
        gold.GoldClasses.AddRange(Enumerable.Range(100, 900).Select(i => new GoldClass { ItemId = $"train-{i}" }));
        await crowd.Service.Items.BatchSetGoldClassesAsync(gold);
        var request = new SuggestAnnotationsRequest
        {
            Parent = dataset,
            Count = 60,
            Labelers =
            {
                new LabelerTerms { LabelerId = "labeler-20", MaxAnnotations = 3 }, new LabelerTerms { LabelerId = "labeler-30", Unavailable = true },
                new LabelerTerms { LabelerId = "labeler-0", Cost = 1_000 },
            },
        };
        var answer = await _insight.SuggestAnnotationsAsync(request);

        Assert.Equal((60, 900), (answer.Suggestions.Count, answer.CandidateItems));
        Assert.Equal(60, answer.Suggestions.Select(suggestion => suggestion.ItemId).Distinct().Count());
        Assert.All(answer.Suggestions, suggestion => Assert.True(int.Parse(suggestion.ItemId["train-".Length..], null) >= 100));
        Assert.InRange(answer.Suggestions.Count(suggestion => suggestion.LabelerId == "labeler-20"), 0, 3);
        Assert.DoesNotContain(answer.Suggestions, suggestion => suggestion.LabelerId is "labeler-30" or "labeler-0" or "");
        Assert.InRange(answer.Suggestions.Average(suggestion => suggestion.ProbabilityWrong), 0.3, 1);
        foreach (var suggestion in answer.Suggestions.Take(10))
        {
            var given = await crowd.Service.Annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset, ItemId = suggestion.ItemId });
            Assert.DoesNotContain(given.Annotations, annotation => annotation.LabelerId == suggestion.LabelerId);
            Assert.Equal(suggestion.AnnotationCount, given.Annotations.Count);
        }

        request.OnlyListedLabelers = true;
        request.Filter = "item_id = \"train-500\" AND split = TRAIN";
        var few = await _insight.SuggestAnnotationsAsync(request);
        Assert.Equal(1, few.CandidateItems);
        Assert.All(few.Suggestions, suggestion => Assert.Equal("train-500", suggestion.ItemId));
        request.DoneProbabilityWrong = 0.999;
        Assert.Equal((1, 0), ((await _insight.SuggestAnnotationsAsync(request)).DoneItems, (await _insight.SuggestAnnotationsAsync(request)).Suggestions.Count));
    }

    [Fact]
    public async Task Items_to_annotate_come_as_suggestions_for_that_labeler_alone_and_then_the_others()
    {
        const string labeler = "labeler-20";
        var suggested = await _insight.SuggestAnnotationsAsync(new SuggestAnnotationsRequest
        {
            Parent = crowd.Dataset,
            Count = 1_000,
            Filter = "split = TRAIN",
            Labelers = { new LabelerTerms { LabelerId = labeler } },
            OnlyListedLabelers = true,
        });
        var mine = (await crowd.Service.Annotations.ListAnnotationsAsync(
            new ListAnnotationsRequest { Parent = crowd.Dataset, LabelerId = labeler, PageSize = 1_000 })).Annotations;
        var answer = await crowd.Service.Items.ListItemsToAnnotateAsync(new ListItemsToAnnotateRequest
        {
            Parent = crowd.Dataset,
            LabelerId = labeler,
            Order = ItemsToAnnotateOrder.MostUseful,
            PageSize = 1_000,
        });
        var listed = answer.Items.Select(item => item.ItemId).ToArray();
        Assert.NotEmpty(suggested.Suggestions);
        Assert.Equal(suggested.Suggestions.Select(suggestion => suggestion.ItemId), listed.Take(suggested.Suggestions.Count));
        Assert.Equal(LabelMeCrowd.Items - mine.Count, listed.Distinct().Count());
        Assert.Empty(listed.Intersect(mine.Select(annotation => annotation.ItemId)));
        Assert.Equal(("", mine.Count), (answer.NextPageToken, answer.AnnotatedCount));
        Assert.All(answer.Items, item => Assert.Equal("", item.GoldClass));

        var refused = new ListItemsToAnnotateRequest { Parent = crowd.Dataset, LabelerId = labeler, Order = ItemsToAnnotateOrder.MostUseful, PageToken = "x" };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "page_token", async () => await crowd.Service.Items.ListItemsToAnnotateAsync(refused));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "labeler_id",
            async () => await crowd.Service.Items.ListItemsToAnnotateAsync(new ListItemsToAnnotateRequest { Parent = crowd.Dataset }));

        // A labeler of whom nothing is known has everything left, and pages go on where they ended.
        var fresh = new ListItemsToAnnotateRequest { Parent = crowd.Dataset, LabelerId = "nobody yet", PageSize = 600 };
        var first = await crowd.Service.Items.ListItemsToAnnotateAsync(fresh);
        fresh.PageToken = first.NextPageToken;
        var second = await crowd.Service.Items.ListItemsToAnnotateAsync(fresh);
        Assert.Equal((600, 400, ""), (first.Items.Count, second.Items.Count, second.NextPageToken));
        Assert.Empty(first.Items.Select(item => item.ItemId).Intersect(second.Items.Select(item => item.ItemId)));
    }

    [Fact]
    public async Task Refreshing_tells_how_far_it_is_and_what_follows_is_there()
    {
        var dataset = await crowd.CreateAsync();
        var phases = new List<string>();
        InsightState? state = null;
        using var call = _insight.RefreshInsights(new RefreshInsightsRequest
        {
            Parent = dataset,
            Settings = new() { Method = "ds" },
            Parts = { InsightPart.Agreement, InsightPart.Suspects, InsightPart.Labelers, InsightPart.Consensus },
        });
        await foreach (var progress in call.ResponseStream.ReadAllAsync())
        {
            Assert.Null(state);
            Assert.InRange(progress.Fraction, 0, 1);
            if (phases.Count == 0 || phases[^1] != progress.Phase)
            {
                phases.Add(progress.Phase);
            }

            state = progress.State;
        }

        Assert.NotNull(state);
        Assert.Equal(["reading", "consensus", "items", "labelers", "suspects", "agreement"], phases.Distinct());
        var labelers = await _insight.ListLabelerInsightsAsync(new ListLabelerInsightsRequest { Parent = dataset, Settings = new() { Method = "ds" } });
        Assert.True(labelers.State.Cached);
        Assert.Equal(state.State, labelers.State.State);
        Assert.True((await _insight.GetAgreementAsync(new GetAgreementRequest { Name = $"{dataset}/agreement" })).State.Cached);

        using var impatient = new CancellationTokenSource();
        using var given = _insight.RefreshInsights(
            new RefreshInsightsRequest { Parent = dataset, Settings = new() { Method = "glad", Intervals = true } }, cancellationToken: impatient.Token);
        await impatient.CancelAsync();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await given.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        Assert.Equal("glad", (await _insight.ListItemConsensusAsync(new() { Parent = dataset, Settings = new() { Method = "glad" } })).State.Method);
    }

    [Fact]
    public async Task Json_over_HTTP_answers_the_same()
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(
            new Uri($"{crowd.Service.HttpAddress}/v1/{crowd.Dataset}/itemConsensus?settings.method=ds&settings.use_gold=true&item_ids=train-7&item_ids=train-3"));
        using var document = JsonDocument.Parse(text);
        var answer = await ListAsync(new() { Settings = new() { Method = "ds", UseGold = true }, ItemIds = { "train-7", "train-3" } });
        Assert.Equal(["train-3", "train-7"], answer.Items.Select(item => item.ItemId));
        Assert.Equal(answer.Items.Select(item => item.ItemId), document.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("itemId").GetString()));
        Assert.Null(answer.State.GoldAccuracy);
        Assert.All(answer.Items, item => Assert.Equal((1, 0), (item.Probability.Value, item.ProbabilityWrong)));
        var agreement = await client.GetStringAsync(new Uri($"{crowd.Service.HttpAddress}/v1/{crowd.Dataset}/agreement"));
        Assert.Contains("krippendorffAlpha", agreement, StringComparison.Ordinal);
    }

    private async Task<ListItemConsensusResponse> ListAsync(ListItemConsensusRequest request)
    {
        request.Parent = crowd.Dataset;
        return await _insight.ListItemConsensusAsync(request);
    }

    private async IAsyncEnumerable<ItemConsensus> AllAsync(ListItemConsensusRequest request)
    {
        do
        {
            var page = await ListAsync(request);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }
}
