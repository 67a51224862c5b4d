using System.Globalization;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Services;

internal sealed partial class ItemGrpcService
{
    public override async Task<ListItemsToAnnotateResponse> ListItemsToAnnotate(ListItemsToAnnotateRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var caller = Caller.Of(context);
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var labelerId = LabelerView.Listed(caller, request.LabelerId);
        var byUse = request.Order == ItemsToAnnotateOrder.MostUseful;
        var validator = new RequestValidator();
        validator.ExternalId(labelerId, "labeler_id");
        validator.Require(Enum.IsDefined(request.Order), "order", "must be an order that this server knows");
        validator.Require(!byUse || request.PageToken.Length == 0, "page_token", "must be empty with MOST_USEFUL, which has one page: ask anew");
        validator.ThrowIfInvalid();
        var conditions = ItemFilterParser.Parse(request.Filter, dataset.Schema);
        LabelerView.CheckFilter(caller, conditions);

        var filter = new ItemFilter(Conditions: conditions);
        var response = new ListItemsToAnnotateResponse();
        if (byUse)
        {
            response.Items.AddRange((await MostUsefulAsync(dataset, labelerId, filter, size, cancel)).Select(record => Unjudged(dataset, record)));
        }
        else
        {
            var scope = $"itemsToAnnotate|{dataset.Uid}|{labelerId.Length}|{labelerId}|{request.Filter}";
            var after = pages.Read(scope, request.PageToken) is { } cursor ? long.Parse(cursor, CultureInfo.InvariantCulture) : 0;
            var records = await items.ListUnannotatedAsync(dataset, labelerId, filter, after, size + 1, cancel);
            response.Items.AddRange(records.Take(size).Select(record => Unjudged(dataset, record)));
            if (records.Count > size)
            {
                response.NextPageToken = pages.Create(scope, records[size - 1].Key.ToString(CultureInfo.InvariantCulture));
            }
        }

        response.AnnotatedCount = await items.CountAnnotatedAsync(dataset, labelerId, cancel);
        return response;
    }

    private async Task<List<ItemRecord>> MostUsefulAsync(
        DatasetRecord dataset, string labelerId, ItemFilter filter, int size, CancellationToken cancel)
    {
        var keys = await useful.RankAsync(dataset, labelerId, filter.Conditions ?? [], size, cancel);
        var found = (await items.FindAsync(dataset, keys, cancel)).ToDictionary(record => record.Key);

        // One may have been deleted since the state was read; the others fill up what is asked for.
        var listed = keys.Where(found.ContainsKey).Select(key => found[key]).ToList();
        if (listed.Count < size)
        {
            var others = await items.ListUnannotatedAsync(dataset, labelerId, filter, 0, size + listed.Count, cancel);
            listed.AddRange(others.Where(record => !found.ContainsKey(record.Key)).Take(size - listed.Count).ToArray());
        }

        return listed;
    }

    /// <summary>An item as whoever is to judge it should see it.</summary>
    private static Item Unjudged(DatasetRecord dataset, ItemRecord record)
    {
        var item = ItemMapping.ToResource(dataset, record);
        item.GoldClass = "";
        return item;
    }
}
