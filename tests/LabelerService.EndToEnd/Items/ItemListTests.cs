using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Items;

/// <summary>Lists with filters, exports and deletions over the API.</summary>
[Collection(SharedService.Name)]
public sealed class ItemListTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task Pages_of_a_filter_give_each_match_once_and_a_token_serves_its_own_filter_only()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 30, "a-");
        await _service.CreateItemsAsync(dataset, 30, "b-", Split.Test);
        var request = new ListItemsRequest { Parent = dataset, PageSize = 7, Filter = "split = TEST AND item_id = \"b-1*\"" };
        var seen = new List<string>();
        do
        {
            var page = await _service.Items.ListItemsAsync(request);
            seen.AddRange(page.Items.Select(item => item.ItemId));
            request.PageToken = page.NextPageToken;
            if (page.NextPageToken.Length > 0)
            {
                await Requests.RefusedAsync(StatusCode.InvalidArgument, "page_token", async () => await _service.Items.ListItemsAsync(
                    new ListItemsRequest(request) { Filter = "split = TEST" }));
            }
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(["b-1", .. Enumerable.Range(10, 10).Select(i => $"b-{i}")], seen);
    }

    [Fact]
    public async Task A_wrong_filter_is_refused_with_its_position()
    {
        var dataset = await _service.CreateDatasetAsync();
        var error = await Requests.RefusedAsync(StatusCode.InvalidArgument, "filter", async () => await _service.Items.ListItemsAsync(
            new ListItemsRequest { Parent = dataset, Filter = "split = TRAIN OR has_gold = true" }));
        Assert.Contains("at character 15", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_comes_in_messages_of_at_most_a_mebibyte_in_the_order_of_storing()
    {
        var dataset = await _service.CreateDatasetAsync(length: 2_000);
        for (var part = 0; part < 4; part++)
        {
            await _service.StoreAsync(dataset, Requests.Batch(200, 2_000, $"{part}-"));
        }

        var (items, largest) = await _service.ExportAsync(new ExportItemsRequest { Parent = dataset, IncludeFeatures = true });
        Assert.InRange(largest, 900_000, 1024 * 1024);
        Assert.Equal(Enumerable.Range(0, 800).Select(i => $"{i / 200}-{i % 200}"), items.Select(item => item.ItemId));
        Assert.All(items, item => Assert.Equal(8_000, item.Features.Data.Length));

        // Without the data it is small, and a split that is empty gives nothing.
        (items, largest) = await _service.ExportAsync(new ExportItemsRequest { Parent = dataset });
        Assert.Equal(800, items.Count);
        Assert.Null(items[0].Features);
        (items, _) = await _service.ExportAsync(new ExportItemsRequest { Parent = dataset, Split = Split.Test });
        Assert.Empty(items);
    }

    [Fact]
    public async Task A_reader_that_goes_away_does_not_hold_the_export()
    {
        var dataset = await _service.CreateDatasetAsync(length: 50_000);
        for (var part = 0; part < 8; part++)
        {
            await _service.StoreAsync(dataset, Requests.Batch(60, 50_000, $"{part}-"));
        }

        for (var reader = 0; reader < 5; reader++)
        {
            using var call = _service.Items.ExportItems(new ExportItemsRequest { Parent = dataset, IncludeFeatures = true });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        }

        // A deletion waits for nobody who has left.
        await _service.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Name = dataset });
    }

    [Fact]
    public async Task Items_are_deleted_with_their_annotations()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 4);
        await _service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 4).Select(i => Requests.Says("anna", $"i{i}", "a"))]);
        var item = Assert.Single((await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = dataset, ItemId = "i2" })).Items);
        await _service.Items.DeleteItemAsync(new DeleteItemRequest { Name = item.Name });
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await _service.Items.DeleteItemAsync(new DeleteItemRequest { Name = item.Name }));
        await Requests.RefusedAsync(StatusCode.NotFound, "item_ids[1]", async () => await _service.Items.BatchDeleteItemsAsync(
            new BatchDeleteItemsRequest { Parent = dataset, ItemIds = { "i0", "i2" } }));
        var counts = await _service.CountAsync(dataset);
        Assert.Equal((3, 3), (counts.Items, counts.Annotations));
        var deleted = await _service.Items.BatchDeleteItemsAsync(
            new BatchDeleteItemsRequest { Parent = dataset, ItemIds = { "i0", "i2", "i3" }, AllowMissing = true });
        Assert.Equal((2, 2), (deleted.Deleted, deleted.AnnotationsDeleted));
        counts = await _service.CountAsync(dataset);
        Assert.Equal((1, 1), (counts.Items, counts.Annotations));
    }
}
