using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Images;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.ItemService</c>.</summary>
internal sealed partial class ItemGrpcService(
    ItemStore items, GoldStore gold, DatasetResolver datasets, ImageDecoder images, PageTokens pages, UsefulItems useful)
    : ItemService.ItemServiceBase
{
    public override async Task<BatchCreateItemsResponse> BatchCreateItems(BatchCreateItemsRequest request, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        var read = new ItemBatchReader(dataset.Schema).Read(request.Batch, validator);
        validator.ThrowIfInvalid();

        var batch = await images.DecodeAsync(dataset.Schema, read, context.CancellationToken);
        request.RequestId = "";
        var result = await items.UpsertAsync(
            dataset, batch, RequestIds.Identify(requestId, context.Method, request), context.CancellationToken, Caller.Of(context).Allowance);
        return new BatchCreateItemsResponse { Counts = ToCounts(result) };
    }

    public override async Task<StreamItemsResponse> StreamItems(IAsyncStreamReader<StreamItemsRequest> requestStream, ServerCallContext context)
    {
        var stream = new DatasetStream<StreamItemsRequest>(requestStream, message => message.Parent, context.CancellationToken);
        var (dataset, _) = await stream.StartAsync(datasets);
        var reader = new ItemBatchReader(dataset.Schema);
        try
        {
            var batches = DecodeAsync(
                dataset, stream.ReadAsync((message, validator) => reader.Read(message.Batch, validator), context.CancellationToken),
                context.CancellationToken);
            var result = await items.UpsertAllAsync(dataset, batches, context.CancellationToken, Caller.Of(context).Allowance);
            return new StreamItemsResponse { Counts = ToCounts(result) };
        }
        catch (ServiceException error)
        {
            throw stream.Locate(error);
        }
    }

    public override async Task<Item> GetItem(GetItemRequest request, ServerCallContext context)
    {
        var (datasetId, key) = Names.Item(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        var stored = await items.FindAsync(dataset, key, request.IncludeFeatures, request.IncludeContents, context.CancellationToken)
            ?? throw ServiceException.NotFound("name", request.Name);
        return LabelerView.Show(Caller.Of(context), ItemMapping.ToResource(dataset, stored));
    }

    public override async Task<ListItemsResponse> ListItems(ListItemsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var validator = new RequestValidator();
        var split = ItemMapping.ReadSplit(request.Split, "split", validator);
        if (request.ItemId.Length > 0)
        {
            validator.ExternalId(request.ItemId, "item_id");
        }

        validator.ThrowIfInvalid();
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var conditions = ItemFilterParser.Parse(request.Filter, dataset.Schema);
        LabelerView.CheckFilter(Caller.Of(context), conditions);
        var scope = $"items|{dataset.Uid}|{split}|{request.ItemId.Length}|{request.ItemId}|{request.Filter}";
        var after = pages.Read(scope, request.PageToken);
        var records = await items.ListAsync(
            dataset, new ItemFilter(split, ItemId: request.ItemId.Length > 0 ? request.ItemId : null, Conditions: conditions),
            after is null ? 0 : long.Parse(after, CultureInfo.InvariantCulture), size + 1, context.CancellationToken);
        var response = new ListItemsResponse();
        response.Items.AddRange(records.Take(size).Select(record => LabelerView.Show(Caller.Of(context), ItemMapping.ToResource(dataset, record))));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Key.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task ExportItems(
        ExportItemsRequest request, IServerStreamWriter<ExportItemsResponse> responseStream, ServerCallContext context)
    {
        var validator = new RequestValidator();
        var split = ItemMapping.ReadSplit(request.Split, "split", validator);
        validator.ThrowIfInvalid();
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        await new ItemExporter(dataset, responseStream).RunAsync(
            items, new ItemExport(split, request.IncludeFeatures, request.IncludeContents), context.CancellationToken);
    }

    public override async Task<Empty> DeleteItem(DeleteItemRequest request, ServerCallContext context)
    {
        var (datasetId, key) = Names.Item(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        return await items.DeleteAsync(dataset, key, context.CancellationToken)
            ? new Empty()
            : throw ServiceException.NotFound("name", request.Name);
    }

    public override async Task<BatchDeleteItemsResponse> BatchDeleteItems(BatchDeleteItemsRequest request, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        validator.BatchSize(request.ItemIds.Count, "item_ids");
        validator.ThrowIfInvalid();

        request.RequestId = "";
        var result = await items.DeleteAsync(
            dataset, request.ItemIds, request.AllowMissing, RequestIds.Identify(requestId, context.Method, request), context.CancellationToken);
        return new BatchDeleteItemsResponse { Deleted = result.Items, AnnotationsDeleted = result.Annotations };
    }

    public override async Task<BatchSetGoldClassesResponse> BatchSetGoldClasses(BatchSetGoldClassesRequest request, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        var writes = ReadGold(request, new ClassReader(dataset.Schema), validator);
        validator.ThrowIfInvalid();

        request.RequestId = "";
        var result = await gold.SetAsync(
            dataset, writes, RequestIds.Identify(requestId, context.Method, request), context.CancellationToken, Caller.Of(context).Allowance);
        return new BatchSetGoldClassesResponse { Changed = result.Changed, Unchanged = result.Unchanged };
    }

    private async IAsyncEnumerable<IReadOnlyList<ItemWrite>> DecodeAsync(
        DatasetRecord dataset, IAsyncEnumerable<IReadOnlyList<ItemWrite>> batches, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var batch in batches.WithCancellation(cancel))
        {
            yield return await images.DecodeAsync(dataset.Schema, batch, cancel);
        }
    }

    private static GoldWrite[] ReadGold(BatchSetGoldClassesRequest request, ClassReader classes, RequestValidator validator)
    {
        if (!validator.BatchSize(request.GoldClasses.Count, "gold_classes"))
        {
            return [];
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var writes = new GoldWrite[request.GoldClasses.Count];
        for (var i = 0; i < writes.Length && !validator.IsFull; i++)
        {
            var entry = request.GoldClasses[i];
            var field = $"gold_classes[{i}]";
            if (validator.ExternalId(entry.ItemId, $"{field}.item_id"))
            {
                validator.Require(seen.Add(entry.ItemId), $"{field}.item_id", "repeats an item of the same batch");
            }

            int? index = entry.GoldCase switch
            {
                GoldClass.GoldOneofCase.ClassName => classes.ByName(entry.ClassName, $"{field}.class_name", validator),
                GoldClass.GoldOneofCase.ClassIndex => classes.ByIndex(entry.ClassIndex, $"{field}.class_index", validator),
                _ => null,
            };
            writes[i] = new GoldWrite(entry.ItemId, index);
        }

        return writes;
    }

    private static ItemWriteCounts ToCounts(ItemUpsertResult result) =>
        new() { Created = result.Created, Updated = result.Updated, Unchanged = result.Unchanged };
}
