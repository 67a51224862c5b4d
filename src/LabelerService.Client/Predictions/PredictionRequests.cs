using Google.Protobuf;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Items to predict as the API takes them.</summary>
internal static class PredictionRequests
{
    // What the service decodes or reads for one request.
    private const int MaximumImages = 100;
    private const int MaximumStored = 1_000;

    /// <summary>A request for items that go together.</summary>
    /// <exception cref="ArgumentException">There are none, or they do not go together.</exception>
    public static BatchPredictRequest Of(string model, IReadOnlyList<ItemContent> items, PredictionOptions options)
    {
        if (items.Count == 0 || items.Any(item => !ItemBatches.GoTogether(items[0], item)))
        {
            throw new ArgumentException("A batch has items, all of one kind and vectors of one length.", nameof(items));
        }

        var request = new BatchPredictRequest
        {
            Dataset = DatasetNames.OfModel(model),
            Model = new ModelSelector { Model = model, Alias = options.Alias },
            Distilled = options.Distilled,
        };
        request.LabelerIds.Add(options.Labelers);
        request.Outputs.Add(options.Outputs);
        switch (items[0].Is)
        {
            case ItemContent.Kind.Features:
                request.Features = ItemBatches.Matrix(items);
                break;
            case ItemContent.Kind.Sequence:
                request.Sequences = new SequenceBatch { Sequences = { items.Select(ItemBatches.Steps) } };
                break;
            case ItemContent.Kind.Text:
                request.Texts = new TextBatch { Texts = { items.Select(item => item.String) } };
                break;
            case ItemContent.Kind.Image:
                request.Images = new ImageBatch { Images = { items.Select(item => UnsafeByteOperations.UnsafeWrap(item.Bytes)) } };
                break;
            case ItemContent.Kind.Stored:
                request.Items = new ItemIds { ItemIds_ = { items.Select(item => item.String) } };
                break;
        }

        return request;
    }

    /// <summary>Items in groups that go together and fit a request.</summary>
    public static IAsyncEnumerable<List<ItemContent>> GroupAsync(IAsyncEnumerable<ItemContent> items) => ItemBatches
        .GroupAsync(items.Select(item => (item, new NewItem("", item))), MaximumStored)
        .SelectMany(group => group.Select(entry => entry.Row).Chunk(group[0].Row.Is == ItemContent.Kind.Image ? MaximumImages : MaximumStored))
        .Select(chunk => chunk.ToList());
}
