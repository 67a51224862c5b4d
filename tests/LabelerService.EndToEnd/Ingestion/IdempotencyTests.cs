using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Ingestion;

/// <summary>Everything that stores can be sent again.</summary>
[Collection(SharedService.Name)]
public sealed class IdempotencyTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task The_same_items_and_annotations_again_change_nothing()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 3);
        var again = await _service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(3, 4) });
        Assert.Equal(new ItemWriteCounts { Unchanged = 3 }, again.Counts);

        Annotation[] said = [Requests.Says("anna", "i0", "a"), Requests.Says("bert", "i0", "b")];
        Assert.Equal(new AnnotationWriteCounts { Created = 2 }, await _service.AnnotateAsync(dataset, said));
        Assert.Equal(new AnnotationWriteCounts { Unchanged = 2 }, await _service.AnnotateAsync(dataset, said));
    }

    [Fact]
    public async Task Another_opinion_is_a_revision()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 1);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "a"));
        Assert.Equal(new AnnotationWriteCounts { Revised = 1 }, await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "c")));
        var annotations = await _service.Annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset });
        var annotation = Assert.Single(annotations.Annotations);
        Assert.Equal("c", annotation.ClassName);
        Assert.Equal(2, annotation.Revision);
    }

    [Fact]
    public async Task A_repeated_request_id_gets_the_first_answer_even_after_a_revision()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 1);
        var request = new BatchCreateAnnotationsRequest
        {
            Parent = dataset,
            UnknownLabelers = UnknownLabelers.Register,
            RequestId = Guid.NewGuid().ToString(),
            Annotations = { Requests.Says("anna", "i0", "a") },
        };
        var first = await _service.Annotations.BatchCreateAnnotationsAsync(request);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "b"));
        var second = await _service.Annotations.BatchCreateAnnotationsAsync(request);
        Assert.Equal(first, second);
        var annotations = await _service.Annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset });
        Assert.Equal("b", Assert.Single(annotations.Annotations).ClassName);
    }

    [Fact]
    public async Task Float16_items_read_back_as_they_were_sent()
    {
        var dataset = await _service.CreateDatasetAsync();
        var halves = new[] { (Half)1.5f, (Half)(-0.25f), (Half)0f, (Half)65504f };
        var sent = new Tensor
        {
            DataType = Tensor.Types.DataType.Float16,
            Shape = { 1, 4 },
            Data = Google.Protobuf.ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(halves.AsSpan())),
        };
        await _service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest
        {
            Parent = dataset,
            Batch = new ItemBatch { ItemIds = { "half" }, Split = Split.Test, Features = sent },
        });
        var listed = await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = dataset, Split = Split.Test, ItemId = "half" });
        var item = await _service.Items.GetItemAsync(new GetItemRequest { Name = Assert.Single(listed.Items).Name, IncludeFeatures = true });
        Assert.Equal(sent, item.Features);
    }

    [Fact]
    public async Task Pages_give_every_annotation_once_and_a_token_of_another_call_is_refused()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 25);
        await _service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 25).SelectMany(i => new[] { Requests.Says("anna", $"i{i}", "a"), Requests.Says("bert", $"i{i}", "b") })]);
        var seen = new HashSet<string>();
        var request = new ListAnnotationsRequest { Parent = dataset, PageSize = 7 };
        do
        {
            var page = await _service.Annotations.ListAnnotationsAsync(request);
            Assert.All(page.Annotations, annotation => Assert.True(seen.Add(annotation.Name)));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(50, seen.Count);

        var first = await _service.Annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset, PageSize = 7 });
        await Requests.RefusedAsync(Grpc.Core.StatusCode.InvalidArgument, "page_token", async () => await _service.Annotations.ListAnnotationsAsync(
            new ListAnnotationsRequest { Parent = dataset, PageSize = 7, LabelerId = "anna", PageToken = first.NextPageToken }));
    }
}
