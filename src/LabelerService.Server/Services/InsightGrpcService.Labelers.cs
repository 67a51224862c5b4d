using System.Globalization;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Validation;

namespace LabelerService.Server.Services;

internal sealed partial class InsightGrpcService
{
    private const string ByIdPrefix = "id:";

    // Digits of the greatest 64-bit number.
    private const int LongestNumber = 19;

    public override async Task<ListLabelerInsightsResponse> ListLabelerInsights(ListLabelerInsightsRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var size = InsightRequests.PageSize(request.PageSize, dataset);
        var choice = InsightRequests.Choice(request.Settings, dataset);
        if (!System.Enum.IsDefined(request.Order))
        {
            throw ServiceException.InvalidField("order", "must be an order that this server knows");
        }

        var scope = Scope("labelerInsights", dataset, choice, request.Order, request.Flagged);
        var (snapshot, key, start) = await PageAsync(dataset, choice, scope, request.PageToken, cancel);
        var view = await engine.ViewLabelersAsync(snapshot, key, choice.Intervals, null, cancel);
        var labelers = (request.Order switch
        {
            LabelerInsightOrder.Accuracy => view.ByAccuracy(),
            LabelerInsightOrder.Flags => view.ByFlags(),
            LabelerInsightOrder.Annotations => view.ByAnnotations(),
            _ => view.All(),
        }).Where(labeler => !request.Flagged || view.IsFlagged(labeler)).ToArray();
        var response = new ListLabelerInsightsResponse
        {
            State = InsightMapping.ToState(view),
            NextPageToken = NextToken(scope, snapshot, key, start + size, labelers.Length),
        };
        response.Labelers.AddRange(labelers.Skip(start).Take(size).Select(labeler => LabelerInsightMapping.ToResource(view, labeler, full: false)));
        return response;
    }

    public override async Task<GetLabelerInsightResponse> GetLabelerInsight(GetLabelerInsightRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (id, number, labelerId) = LabelerName(request.Name);
        var dataset = await datasets.FindAsync(id, "name", cancel);
        var choice = InsightRequests.Choice(request.Settings, dataset);
        var most = InsightRequests.ConfusionClasses(request.MaxConfusionClasses);
        var key = await KeyAsync(dataset, choice, null, cancel);
        var snapshot = await cache.CurrentAsync(dataset, null, cancel);
        var labeler = labelerId is not null ? LabelerOf(snapshot, labelerId, "name")
            : Array.BinarySearch(snapshot.Data.LabelerKeys, number) is >= 0 and var index ? index
            : throw ServiceException.NotFound("name", request.Name, "List the labelers to see their numbers.");
        var view = await engine.ViewLabelersAsync(snapshot, key, choice.Intervals, null, cancel);
        var response = new GetLabelerInsightResponse
        {
            Labeler = LabelerInsightMapping.ToResource(view, labeler, full: true, most),
            State = InsightMapping.ToState(view),
        };
        response.Classes.AddRange(dataset.Schema.Classes);
        response.AllClassShares.AddRange(snapshot.ClassShares);
        return response;
    }

    public override async Task<ListLookAlikesResponse> ListLookAlikes(ListLookAlikesRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var size = InsightRequests.PageSize(request.PageSize);
        var choice = InsightRequests.Choice(request.Settings, dataset);
        var scope = Scope("lookAlikes", dataset, choice);
        var (snapshot, key, start) = await PageAsync(dataset, choice, scope, request.PageToken, cancel);
        var consensus = await engine.ConsensusAsync(snapshot, key, null, cancel);
        var labelers = await engine.LabelersAsync(snapshot, key, null, cancel);
        var analysis = labelers.Result.Analysis;
        var response = new ListLookAlikesResponse
        {
            TestedPairs = analysis.PairsCompared,
            State = InsightMapping.ToState(
                snapshot, consensus.Result, consensus.WasThere && labelers.WasThere, labelers.Result.Duration, analysis.Warnings),
            NextPageToken = NextToken(scope, snapshot, key, start + size, analysis.LookAlikes.Count),
        };
        response.LookAlikes.AddRange(analysis.LookAlikes.Skip(start).Take(size).Select(pair => LabelerInsightMapping.ToResource(snapshot, pair)));
        return response;
    }

    /// <summary>Takes <c>datasets/{dataset}/labelerInsights/{labeler}</c> apart, where the last segment is a number or <c>id:</c> and an external id.</summary>
    private static (string Dataset, long Number, string? LabelerId) LabelerName(string name)
    {
        var segments = name.Split('/');
        if (segments.Length == 4 && segments[2] == LabelerInsightMapping.Collection && ResourceName.TryParseDataset($"{segments[0]}/{segments[1]}", out var dataset))
        {
            if (segments[3].StartsWith(ByIdPrefix, StringComparison.Ordinal) && segments[3].Length > ByIdPrefix.Length)
            {
                return (dataset, 0, InsightRequests.LabelerId(Uri.UnescapeDataString(segments[3][ByIdPrefix.Length..]), "name"));
            }

            if (segments[3].Length <= LongestNumber && long.TryParse(segments[3], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                return (dataset, number, null);
            }
        }

        throw ServiceException.InvalidField(
            "name", $"must be datasets/{{dataset}}/{LabelerInsightMapping.Collection}/{{number}}, or …/{ByIdPrefix}{{labeler_id}}, percent-encoded");
    }
}
