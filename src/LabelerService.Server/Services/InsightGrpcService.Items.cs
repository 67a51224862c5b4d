using Google.Protobuf.Collections;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Acquisition;
using LabelerService.Core.Errors;
using LabelerService.Server.Insight;
using LabelerService.Server.Mapping;
using LabelerService.Server.Validation;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Services;

internal sealed partial class InsightGrpcService
{
    private const int ExportRowBytes = 64;

    public override async Task<ListItemConsensusResponse> ListItemConsensus(ListItemConsensusRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var size = InsightRequests.PageSize(request.PageSize, dataset);
        var choice = InsightRequests.Choice(request.Settings, dataset);
        InsightRequests.CheckItems(request.ItemIds);
        var order = request.Order switch
        {
            ItemConsensusOrder.Unspecified => ItemOrder.Key,
            ItemConsensusOrder.ProbabilityWrong => ItemOrder.ProbabilityWrong,
            ItemConsensusOrder.Difficulty => ItemOrder.Difficulty,
            _ => throw ServiceException.InvalidField("order", "must be an order that this server knows"),
        };
        var scope = Scope("itemConsensus", dataset, choice, order, request.IncludeUnannotated, string.Join('\0', request.ItemIds));
        var (snapshot, key, start) = await PageAsync(dataset, choice, scope, request.PageToken, cancel);
        var view = await engine.ViewItemsAsync(snapshot, key, choice.Intervals, null, cancel);
        var orderKey = new OrderKey(key, order, request.IncludeUnannotated);
        var items = request.ItemIds.Count > 0
            ? orderKey.Sort(await FindAsync(snapshot, request.ItemIds, cancel), view.Items.Report)
            : await engine.OrderAsync(snapshot, orderKey, cancel);
        var page = items.AsSpan(Math.Min(start, items.Length)).ToArray().Take(size).ToArray();
        var ids = await IdsAsync(snapshot, page, cancel);
        var response = new ListItemConsensusResponse
        {
            State = InsightMapping.ToState(view),
            NextPageToken = NextToken(scope, snapshot, key, start + size, items.Length),
        };
        response.Items.AddRange(page.Select((item, i) => InsightMapping.ToItem(view, item, ids[i])));
        return response;
    }

    public override async Task ExportItemConsensus(
        ExportItemConsensusRequest request, IServerStreamWriter<ExportItemConsensusResponse> responseStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var choice = InsightRequests.Choice(request.Settings, dataset);
        var key = await KeyAsync(dataset, choice, null, cancel);
        var snapshot = await cache.CurrentAsync(dataset, null, cancel);
        var view = await engine.ViewItemsAsync(snapshot, key, choice.Intervals, null, cancel);
        var items = await engine.OrderAsync(snapshot, new OrderKey(key, ItemOrder.Key, request.IncludeUnannotated), cancel);
        var block = Math.Clamp(Limits.ExportMessageBytes / (ExportRowBytes + (sizeof(float) * dataset.Schema.Classes.Count)), 1, Limits.Batch);
        var first = new ExportItemConsensusResponse { State = InsightMapping.ToState(view) };
        first.Classes.AddRange(dataset.Schema.Classes);
        for (var start = 0; start < items.Length || start == 0; start += block)
        {
            var part = items[Math.Min(start, items.Length)..Math.Min(start + block, items.Length)];
            await responseStream.WriteAsync(
                InsightMapping.ToBlock(view, part, await IdsAsync(snapshot, part, cancel), start == 0 ? first : new ExportItemConsensusResponse()), cancel);
        }
    }

    public override async Task<ListSuspectedAnnotationsResponse> ListSuspectedAnnotations(
        ListSuspectedAnnotationsRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var size = InsightRequests.PageSize(request.PageSize);
        var choice = InsightRequests.Choice(request.Settings, dataset);
        var min = InsightRequests.MinProbabilityWrong(request.MinProbabilityWrong);
        var labelerId = request.LabelerId.Length > 0 ? InsightRequests.LabelerId(request.LabelerId, "labeler_id") : null;
        var scope = Scope("suspectedAnnotations", dataset, choice, min, request.LabelerId);
        var (snapshot, key, start) = await PageAsync(dataset, choice, scope, request.PageToken, cancel);
        var consensus = await engine.ConsensusAsync(snapshot, key, null, cancel);
        SuspectsResult suspects;
        var wasThere = false;
        if (labelerId is not null)
        {
            // One more than the page tells whether there is another.
            suspects = await engine.SuspectsOfAsync(
                snapshot, key, LabelerOf(snapshot, labelerId, "labeler_id"), min, start + size + 1, cancel);
        }
        else
        {
            (suspects, wasThere) = await engine.SuspectsAsync(
                snapshot, new SuspectsKey(key, min >= SuspectsKey.Usual ? SuspectsKey.Usual : 0), null, cancel);
        }

        var rest = suspects.Annotations.Skip(start).TakeWhile(annotation => annotation.ProbabilityWrong >= min).Take(size + 1).ToList();
        var page = rest.Take(size).ToArray();
        var ids = await IdsAsync(snapshot, Array.ConvertAll(page, annotation => annotation.Item), cancel);
        var response = new ListSuspectedAnnotationsResponse
        {
            State = InsightMapping.ToState(snapshot, consensus.Result, consensus.WasThere && wasThere, suspects.Duration),
            NextPageToken = NextToken(scope, snapshot, key, start + size, start + rest.Count),
        };
        response.Annotations.AddRange(page.Select((annotation, i) => InsightMapping.ToResource(snapshot, annotation, ids[i])));
        return response;
    }

    public override async Task<SuggestAnnotationsResponse> SuggestAnnotations(SuggestAnnotationsRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var choice = InsightRequests.Choice(request.Settings, dataset);
        var options = InsightRequests.Suggestions(request, choice.Model is not null) with { ClassNames = dataset.Schema.Classes };
        var filter = ItemFilterParser.Parse(request.Filter, dataset.Schema);
        var key = await KeyAsync(dataset, choice, null, cancel);
        var snapshot = await cache.CurrentAsync(dataset, null, cancel);
        var (suggestions, consensus) = await engine.SuggestAsync(
            snapshot, new SuggestionsKey(key, request), token => CandidatesAsync(snapshot, filter, token), Available(request, snapshot), options, cancel);
        var batch = suggestions.Batch;
        var ids = await IdsAsync(snapshot, [.. batch.Annotations.Select(next => next.Item)], cancel);
        var response = new SuggestAnnotationsResponse
        {
            CandidateItems = batch.CandidateItems,
            DoneItems = batch.DoneItems,
            State = InsightMapping.ToState(snapshot, consensus.Result, consensus.WasThere, suggestions.Duration, batch.Warnings),
        };
        response.Suggestions.AddRange(batch.Annotations.Select((next, i) => InsightMapping.ToResource(snapshot, consensus.Result, next, ids[i])));
        return response;
    }

    /// <summary>The items to choose from; null for all.</summary>
    private async Task<IReadOnlyList<int>?> CandidatesAsync(InsightSnapshot snapshot, IReadOnlyList<ItemCondition> filter, CancellationToken cancel)
    {
        var data = snapshot.Data;
        if (filter.Count > 0)
        {
            return [.. UsefulItems.Indexes(data.ItemKeys, await reader.ItemKeysAsync(snapshot.Dataset, new ItemFilter(Conditions: filter), cancel))];
        }

        return data.GoldCount == 0 ? null : [.. Enumerable.Range(0, data.Gold.Length).Where(item => data.Gold[item] < 0)];
    }

    /// <summary>Whoever may be asked; null for anybody, where nobody is registered and nobody is named.</summary>
    private static List<AvailableLabeler>? Available(SuggestAnnotationsRequest request, InsightSnapshot snapshot)
    {
        var validator = new RequestValidator();
        var listed = new Dictionary<int, LabelerTerms>();
        for (var i = 0; i < request.Labelers.Count && !validator.IsFull; i++)
        {
            if (snapshot.LabelerIndexes.TryGetValue(request.Labelers[i].LabelerId, out var labeler))
            {
                listed.Add(labeler, request.Labelers[i]);
            }
            else
            {
                validator.Add($"labelers[{i}].labeler_id", $"is no labeler of datasets/{snapshot.Dataset.Id}; register it first, or leave it out");
            }
        }

        validator.ThrowIfInvalid();
        if (snapshot.Data.LabelerKeys.Length == 0 && !request.OnlyListedLabelers)
        {
            return null;
        }

        return
        [
            .. Enumerable.Range(0, snapshot.Data.LabelerKeys.Length)
                .Where(labeler => listed.TryGetValue(labeler, out var terms) ? !terms.Unavailable : !request.OnlyListedLabelers)
                .Select(labeler => listed.TryGetValue(labeler, out var terms)
                    ? new AvailableLabeler(labeler)
                    {
                        Cost = terms.Cost > 0 ? terms.Cost : 1,
                        MaxAnnotations = terms.MaxAnnotations > 0 ? terms.MaxAnnotations : int.MaxValue,
                    }
                    : new AvailableLabeler(labeler)),
        ];
    }

    /// <summary>External ids of items by index. One that was deleted since has none.</summary>
    private async Task<string[]> IdsAsync(InsightSnapshot snapshot, int[] items, CancellationToken cancel) =>
        Array.ConvertAll(
            await reader.ItemIdsAsync(snapshot.Dataset, Array.ConvertAll(items, item => snapshot.Data.ItemKeys[item]), cancel), id => id ?? "");

    /// <summary>Indexes of the items with these external ids; repetitions count once.</summary>
    /// <exception cref="ServiceException">NOT_FOUND naming <c>item_ids[i]</c>.</exception>
    private async Task<int[]> FindAsync(InsightSnapshot snapshot, RepeatedField<string> itemIds, CancellationToken cancel)
    {
        var keys = await reader.ItemKeysAsync(snapshot.Dataset, [.. itemIds.Distinct(StringComparer.Ordinal)], cancel);
        var found = new List<int>();
        var missing = new List<FieldViolation>();
        for (var i = 0; i < itemIds.Count; i++)
        {
            if (keys.TryGetValue(itemIds[i], out var key) && Array.BinarySearch(snapshot.Data.ItemKeys, key) is >= 0 and var index)
            {
                found.Add(index);
            }
            else if (missing.Count < Limits.Violations)
            {
                missing.Add(new FieldViolation($"item_ids[{i}]", $"no such item in datasets/{snapshot.Dataset.Id}"));
            }
        }

        return missing.Count == 0
            ? [.. found.Distinct()]
            : throw new ServiceException(
                ErrorKind.NotFound, "RESOURCE_NOT_FOUND", $"{missing[0].Field}: {missing[0].Description}. Leave it out, or write the item first.", missing);
    }

    /// <summary>Index of a labeler.</summary>
    /// <exception cref="ServiceException">NOT_FOUND naming the field.</exception>
    private static int LabelerOf(InsightSnapshot snapshot, string labelerId, string field) =>
        snapshot.LabelerIndexes.TryGetValue(labelerId, out var labeler)
            ? labeler
            : throw ServiceException.NotFound(
                field, $"Labeler '{labelerId}' of datasets/{snapshot.Dataset.Id}", "List the labelers to see their ids.");
}
