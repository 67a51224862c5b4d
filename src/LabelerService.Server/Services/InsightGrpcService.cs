using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Errors;
using LabelerService.Server.Insight;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Insight;
using InsightState = LabelerService.Contracts.V1.InsightState;
using LabelerPair = LabelerService.Core.Agreement.LabelerPair;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.InsightService</c>.</summary>
internal sealed partial class InsightGrpcService(
    InsightCache cache, InsightEngine engine, InsightReader reader, ModelVotes votes, DatasetResolver datasets, PageTokens pages)
    : InsightService.InsightServiceBase
{
    public override Task<ListAggregatorsResponse> ListAggregators(ListAggregatorsRequest request, ServerCallContext context)
    {
        var response = new ListAggregatorsResponse();
        response.Aggregators.AddRange(AggregatorCatalogue.All.Select(InsightMapping.ToResource));
        return Task.FromResult(response);
    }

    public override async Task RefreshInsights(
        RefreshInsightsRequest request, IServerStreamWriter<RefreshInsightsResponse> responseStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var parts = InsightRequests.Parts(request.Parts);
        var scale = InsightRequests.Scale(request.AgreementScale, dataset, "agreement_scale");
        var choice = InsightRequests.Choice(request.Settings, dataset);
        var key = await KeyAsync(dataset, choice, null, cancel);
        await InsightRefresh.RunAsync(
            async (progress, token) =>
            {
                var snapshot = await cache.CurrentAsync(dataset, progress, token);
                InsightState? state = null;
                foreach (var part in parts)
                {
                    state = part switch
                    {
                        InsightPart.Labelers => InsightMapping.ToState(await engine.ViewLabelersAsync(snapshot, key, choice.Intervals, progress, token)),
                        InsightPart.Suspects => await SuspectsStateAsync(snapshot, key, progress, token),
                        InsightPart.Agreement => InsightMapping.ToState(snapshot, await engine.AgreementAsync(snapshot, scale, progress, token)),
                        _ => InsightMapping.ToState(await engine.ViewItemsAsync(snapshot, key, choice.Intervals, progress, token)),
                    };
                }

                return state!;
            },
            responseStream, cancel);
    }

    public override async Task<Agreement> GetAgreement(GetAgreementRequest request, ServerCallContext context)
    {
        const string tail = "/agreement";
        var cancel = context.CancellationToken;
        var parent = request.Name.EndsWith(tail, StringComparison.Ordinal) ? request.Name[..^tail.Length] : "";
        if (!ResourceName.TryParseDataset(parent, out var id))
        {
            throw ServiceException.InvalidField("name", "must be datasets/{dataset}/agreement, ids matching [a-z0-9-]{1,63}");
        }

        var dataset = await datasets.FindAsync(id, "name", cancel);
        var scale = InsightRequests.Scale(request.Scale, dataset, "scale");
        var pairs = InsightRequests.Pairs(request.MaxPairs);
        var snapshot = await cache.CurrentAsync(dataset, null, cancel);
        return InsightMapping.ToResource(snapshot, await engine.AgreementAsync(snapshot, scale, null, cancel), pairs);
    }

    public override async Task<ListLabelerPairsResponse> ListLabelerPairs(ListLabelerPairsRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var size = InsightRequests.PageSize(request.PageSize);
        var scale = InsightRequests.Scale(request.Scale, dataset, "scale");
        InsightRequests.CheckPairs(request);
        var scope = $"labelerPairs\0{dataset.Uid}\0{scale}\0{request.Order}\0{request.MostActive}\0{request.MinSharedItems}\0{string.Join('\0', request.LabelerIds)}";
        var (snapshot, start) = pages.Read(scope, request.PageToken) is { } cursor
            ? (await cache.AtAsync(dataset, InsightCursor.Read(cursor).State, cancel), InsightCursor.Read(cursor).Start)
            : (await cache.CurrentAsync(dataset, null, cancel), 0);
        var labelers = LabelersOf(request, snapshot);
        IReadOnlyList<LabelerPair> pairs;
        var response = new ListLabelerPairsResponse();
        if (labelers is null)
        {
            var agreement = await engine.AgreementAsync(snapshot, scale, null, cancel);
            (pairs, response.State) = (agreement.Result.Report.Pairs, InsightMapping.ToState(snapshot, agreement));
        }
        else
        {
            var (found, wasThere) = await engine.PairsAsync(snapshot, scale, labelers, cancel);
            (pairs, response.State) = (found.Pairs, InsightMapping.ToState(snapshot, wasThere, found.Duration, snapshot.Diagnosis));
            response.LabelerIds.AddRange(labelers.Select(labeler => snapshot.Data.LabelerIds[labeler]));
        }

        var wanted = Ordered(pairs.Where(pair => pair.SharedItems >= request.MinSharedItems), request.Order).ToArray();
        response.Pairs.AddRange(wanted.Skip(start).Take(size).Select(pair => InsightMapping.ToResource(snapshot, pair)));
        response.NextPageToken = start + size >= wanted.Length ? "" : pages.Create(scope, new InsightCursor(snapshot.StateText, 0, start + size).ToString());
        return response;
    }

    /// <summary>The labelers that pairs are to be among, the most active first; null for all.</summary>
    private static int[]? LabelersOf(ListLabelerPairsRequest request, InsightSnapshot snapshot)
    {
        var table = snapshot.Data.Table;
        if (request.LabelerIds.Count > 0)
        {
            return
            [
                .. request.LabelerIds.Select((id, i) => LabelerOf(snapshot, id, $"labeler_ids[{i}]")).Distinct()
                    .OrderByDescending(table.CountOfLabeler).ThenBy(labeler => labeler),
            ];
        }

        return request.MostActive == 0
            ? null
            :
            [
                .. Enumerable.Range(0, table.LabelerCount).Where(labeler => table.CountOfLabeler(labeler) > 0)
                    .OrderByDescending(table.CountOfLabeler).ThenBy(labeler => labeler).Take(request.MostActive),
            ];
    }

    private static IEnumerable<LabelerPair> Ordered(IEnumerable<LabelerPair> pairs, LabelerPairOrder order) => order switch
    {
        LabelerPairOrder.LeastAgreement => pairs.OrderBy(pair => Kappa(pair) ?? double.PositiveInfinity).ThenByDescending(pair => pair.SharedItems),
        LabelerPairOrder.MostAgreement => pairs.OrderBy(pair => -Kappa(pair) ?? double.PositiveInfinity).ThenByDescending(pair => pair.SharedItems),
        _ => pairs.OrderByDescending(pair => pair.SharedItems),
    };

    private static double? Kappa(LabelerPair pair) => pair.WeightedKappa ?? pair.CohenKappa;

    /// <summary>By what a consensus is worked out, with the version that the model is now, or the one given.</summary>
    private async Task<ConsensusKey> KeyAsync(DatasetRecord dataset, InsightChoice choice, int? version, CancellationToken cancel)
    {
        if (choice.Model is not { } model)
        {
            return new ConsensusKey(choice.Aggregator.Id, "", 0, choice.UseGold);
        }

        version ??= (await votes.ResolveAsync(dataset, model.Model, model.Version, model.Alias, cancel)).Version;
        return new ConsensusKey(choice.Aggregator.Id, model.Model, version.Value, choice.UseGold);
    }

    /// <summary>Where a list begins or goes on: which state, by which consensus, and how many entries come before.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="choice">How.</param>
    /// <param name="scope">Method and all other arguments.</param>
    /// <param name="pageToken">The request's.</param>
    /// <param name="cancel">Cancels.</param>
    private async Task<(InsightSnapshot Snapshot, ConsensusKey Key, int Start)> PageAsync(
        DatasetRecord dataset, InsightChoice choice, string scope, string pageToken, CancellationToken cancel)
    {
        if (pages.Read(scope, pageToken) is not { } cursor)
        {
            var key = await KeyAsync(dataset, choice, null, cancel);
            return (await cache.CurrentAsync(dataset, null, cancel), key, 0);
        }

        var at = InsightCursor.Read(cursor);
        return (await cache.AtAsync(dataset, at.State, cancel), await KeyAsync(dataset, choice, at.Version, cancel), at.Start);
    }

    /// <summary>The token of the page that begins with an entry; empty where that is the end.</summary>
    private string NextToken(string scope, InsightSnapshot snapshot, ConsensusKey key, int start, int count) =>
        start >= count ? "" : pages.Create(scope, new InsightCursor(snapshot.StateText, key.ModelVersion, start).ToString());

    private static string Scope(string method, DatasetRecord dataset, InsightChoice choice, params ReadOnlySpan<object> arguments)
    {
        // Ids may hold anything but NUL.
        var scope = $"{method}\0{dataset.Uid}\0{choice.Scope}";
        foreach (var argument in arguments)
        {
            scope += $"\0{argument}";
        }

        return scope;
    }

    private async Task<InsightState> SuspectsStateAsync(
        InsightSnapshot snapshot, ConsensusKey key, IProgress<InsightProgress> progress, CancellationToken cancel)
    {
        var consensus = await engine.ConsensusAsync(snapshot, key, progress, cancel);
        var suspects = await engine.SuspectsAsync(snapshot, new SuspectsKey(key, SuspectsKey.Usual), progress, cancel);
        return InsightMapping.ToState(snapshot, consensus.Result, consensus.WasThere && suspects.WasThere, suspects.Result.Duration);
    }
}
