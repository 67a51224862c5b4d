using Google.Protobuf;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Items;

/// <summary>Datasets of other items than vectors, and batches for them.</summary>
internal static class KindDatasets
{
    public static async Task<string> CreateAsync(RunningService service, ItemType type) =>
        (await service.Datasets.CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = Requests.NewId(),
            Dataset = new Dataset { Classes = { "a", "b", "c" }, ItemType = type },
        })).Name;

    public static ItemType Image(int height, int width, int channels) =>
        new() { Image = new ItemType.Types.Image { Height = height, Width = width, Channels = channels } };

    public static ItemType Text() => new() { Text = new ItemType.Types.Text() };

    public static ItemType Sequence(int length) => new() { Sequence = new ItemType.Types.Sequence { StepLength = length } };

    public static ItemBatch Images(params byte[][] files) =>
        new() { ItemIds = { files.Select((_, i) => $"i{i}") }, Images = { files.Select(file => ByteString.CopyFrom(file)) } };

    public static ItemBatch Texts(params string[] texts) => new() { ItemIds = { texts.Select((_, i) => $"i{i}") }, Texts = { texts } };

    public static ItemBatch Sequences(params Tensor[] sequences) =>
        new() { ItemIds = { sequences.Select((_, i) => $"i{i}") }, Sequences = { sequences } };

    public static async Task<ItemWriteCounts> StoreAsync(this RunningService service, string dataset, ItemBatch batch) =>
        (await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch })).Counts;

    /// <summary>All items of an export, and the size of its largest message.</summary>
    public static async Task<(List<Item> Items, int LargestMessage)> ExportAsync(this RunningService service, ExportItemsRequest request)
    {
        using var call = service.Items.ExportItems(request);
        var items = new List<Item>();
        var largest = 0;
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            items.AddRange(call.ResponseStream.Current.Items);
            largest = Math.Max(largest, call.ResponseStream.Current.CalculateSize());
        }

        return (items, largest);
    }
}
