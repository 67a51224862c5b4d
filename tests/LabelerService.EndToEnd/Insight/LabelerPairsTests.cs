using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Insight;

/// <summary>Pairs of labelers, and what is left out of answers that would be large.</summary>
[Collection(SharedService.Name)]
public sealed class LabelerPairsTests(LabelMeCrowd crowd) : IClassFixture<LabelMeCrowd>
{
    private readonly InsightService.InsightServiceClient _insight = crowd.Service.Insight;

    [Theory]
    [InlineData(LabelerPairOrder.Unspecified)]
    [InlineData(LabelerPairOrder.LeastAgreement)]
    [InlineData(LabelerPairOrder.MostAgreement)]
    public async Task Pages_of_pairs_hold_each_pair_once_in_the_order_asked_for(LabelerPairOrder order)
    {
        var all = (await AgreementAsync()).Where(pair => pair.SharedItems >= 3).ToList();
        var request = new ListLabelerPairsRequest { Parent = crowd.Dataset, Order = order, MinSharedItems = 3, PageSize = 150 };
        var seen = new List<LabelerPair>();
        do
        {
            var page = await _insight.ListLabelerPairsAsync(request);
            Assert.Empty(page.LabelerIds);
            Assert.Equal(LabelMeCrowd.Labels, page.State.AnnotationCount);
            seen.AddRange(page.Pairs);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.True(seen.Count > request.PageSize, $"{seen.Count} pairs are no two pages");
        Assert.Equal(Sorted(all), Sorted(seen));
        var known = seen.TakeWhile(pair => order == LabelerPairOrder.Unspecified || pair.HasCohenKappa).ToList();
        Assert.DoesNotContain(seen.Skip(known.Count), pair => pair.HasCohenKappa && order != LabelerPairOrder.Unspecified);
        double By(LabelerPair pair) => order switch
        {
            LabelerPairOrder.LeastAgreement => pair.CohenKappa,
            LabelerPairOrder.MostAgreement => -pair.CohenKappa,
            _ => -pair.SharedItems,
        };
        Assert.Equal(known.Select(By).Order(), known.Select(By));
    }

    [Fact]
    public async Task The_most_active_labelers_come_with_all_pairs_among_them_and_so_do_named_ones()
    {
        var all = await AgreementAsync();
        var active = await _insight.ListLabelerInsightsAsync(new() { Parent = crowd.Dataset, Order = LabelerInsightOrder.Annotations, PageSize = 10 });
        var ids = active.Labelers.Select(labeler => labeler.LabelerId).ToList();

        var matrix = await _insight.ListLabelerPairsAsync(new() { Parent = crowd.Dataset, MostActive = 10 });
        Assert.Equal(ids, matrix.LabelerIds);
        Assert.Equal(Sorted(all.Where(pair => ids.Contains(pair.LabelerId) && ids.Contains(pair.OtherLabelerId))), Sorted(matrix.Pairs));
        Assert.False(matrix.State.Cached);
        var named = await _insight.ListLabelerPairsAsync(new() { Parent = crowd.Dataset, LabelerIds = { ids.Order(StringComparer.Ordinal) } });
        Assert.Equal(ids, named.LabelerIds);
        Assert.True(named.State.Cached);
        Assert.Equal(matrix.Pairs, named.Pairs);

        var one = await _insight.ListLabelerPairsAsync(new() { Parent = crowd.Dataset, LabelerIds = { ids[3] }, PageSize = 1_000 });
        Assert.Equal(Sorted(all.Where(pair => pair.LabelerId == ids[3] || pair.OtherLabelerId == ids[3])), Sorted(one.Pairs));
        Assert.All(one.Pairs, pair => Assert.Equal(ids[3], pair.LabelerId));
        Assert.All((await _insight.ListLabelerPairsAsync(new() { Parent = crowd.Dataset, MostActive = 4, Scale = AgreementScale.Ordinal })).Pairs, pair => Assert.True(pair.HasWeightedKappa));
    }

    [Fact]
    public async Task What_no_list_of_pairs_can_be_is_refused_by_field()
    {
        await RefusedAsync(StatusCode.InvalidArgument, "order", new() { Order = (LabelerPairOrder)9 });
        await RefusedAsync(StatusCode.InvalidArgument, "scale", new() { Scale = (AgreementScale)9 });
        await RefusedAsync(StatusCode.InvalidArgument, "most_active", new() { MostActive = 101 });
        await RefusedAsync(StatusCode.InvalidArgument, "most_active", new() { MostActive = 2, LabelerIds = { "labeler-20" } });
        await RefusedAsync(StatusCode.InvalidArgument, "min_shared_items", new() { MinSharedItems = -1 });
        await RefusedAsync(StatusCode.InvalidArgument, "labeler_ids[0]", new() { LabelerIds = { "" } });
        await RefusedAsync(StatusCode.InvalidArgument, "labeler_ids", new() { LabelerIds = { Enumerable.Range(0, 101).Select(i => $"labeler-{i}") } });
        await RefusedAsync(StatusCode.NotFound, "labeler_ids[1]", new() { LabelerIds = { "labeler-20", "nobody" } });
        var page = await _insight.ListLabelerPairsAsync(new() { Parent = crowd.Dataset, PageSize = 5 });
        await RefusedAsync(StatusCode.InvalidArgument, "page_token", new() { PageToken = page.NextPageToken, MostActive = 5 });
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "max_confusion_classes",
            async () => await _insight.GetLabelerInsightAsync(new() { Name = $"{crowd.Dataset}/labelerInsights/id:labeler-20", MaxConfusionClasses = -1 }));

        Task RefusedAsync(StatusCode code, string field, ListLabelerPairsRequest request)
        {
            request.Parent = crowd.Dataset;
            return Requests.RefusedAsync(code, field, async () => await _insight.ListLabelerPairsAsync(request));
        }
    }

    [Fact]
    public async Task Confusions_can_be_kept_to_the_classes_that_are_mixed_up_most()
    {
        const int most = 3;
        const int classes = LabelMeCrowd.Classes;
        var request = new GetLabelerInsightRequest { Name = $"{crowd.Dataset}/labelerInsights/id:labeler-20", Settings = new() { Intervals = true } };
        var all = await _insight.GetLabelerInsightAsync(request);
        Assert.Empty(all.Labeler.Confusion.ClassIndices);
        request.MaxConfusionClasses = most;
        var some = (await _insight.GetLabelerInsightAsync(request)).Labeler.Confusion;

        var whole = all.Labeler.Confusion;
        double Wrong(int index) => Enumerable.Range(0, classes).Where(other => other != index)
            .Sum(other => whole.Counts[(index * classes) + other] + whole.Counts[(other * classes) + index]);
        Assert.Equal(Enumerable.Range(0, classes).OrderByDescending(Wrong).Take(most).Order(), some.ClassIndices);
        Assert.Equal(Part(whole.Probabilities), some.Probabilities);
        Assert.Equal(Part(whole.Lows), some.Lows);
        Assert.Equal(Part(whole.Highs), some.Highs);
        Assert.Equal(Part(whole.Counts), some.Counts);
        request.MaxConfusionClasses = classes;
        Assert.Equal(whole, (await _insight.GetLabelerInsightAsync(request)).Labeler.Confusion);

        IEnumerable<double> Part(IReadOnlyList<double> matrix) =>
            some.ClassIndices.SelectMany(row => some.ClassIndices.Select(column => matrix[(row * classes) + column]));
    }

    [Fact]
    public async Task Shares_of_classes_of_one_labeler_come_with_those_of_all()
    {
        var answer = await _insight.GetLabelerInsightAsync(new() { Name = $"{crowd.Dataset}/labelerInsights/id:labeler-20" });
        var said = new double[LabelMeCrowd.Classes];
        var request = new ListAnnotationsRequest { Parent = crowd.Dataset, PageSize = 1_000 };
        do
        {
            var page = await crowd.Service.Annotations.ListAnnotationsAsync(request);
            foreach (var annotation in page.Annotations)
            {
                said[answer.Classes.IndexOf(annotation.ClassName)]++;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(said.Select(count => count / LabelMeCrowd.Labels), answer.AllClassShares);
    }

    private async Task<IReadOnlyList<LabelerPair>> AgreementAsync() =>
        (await _insight.GetAgreementAsync(new() { Name = $"{crowd.Dataset}/agreement", MaxPairs = 10_000 })).Pairs;

    // Whichever of the two comes first.
    private static IEnumerable<(string, string, long, double, double?)> Sorted(IEnumerable<LabelerPair> pairs) => pairs
        .Select(pair => string.CompareOrdinal(pair.LabelerId, pair.OtherLabelerId) < 0 ? (pair.LabelerId, pair.OtherLabelerId, pair) : (pair.OtherLabelerId, pair.LabelerId, pair))
        .OrderBy(entry => entry.Item1, StringComparer.Ordinal).ThenBy(entry => entry.Item2, StringComparer.Ordinal)
        .Select(entry => (entry.Item1, entry.Item2, entry.pair.SharedItems, entry.pair.PercentAgreement, entry.pair.HasCohenKappa ? entry.pair.CohenKappa : (double?)null));
}
