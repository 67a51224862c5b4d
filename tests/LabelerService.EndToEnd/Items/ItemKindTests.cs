using System.Text;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.TestKit.Images;

namespace LabelerService.EndToEnd.Items;

/// <summary>Images, texts and sequences through the API and back.</summary>
[Collection(SharedService.Name)]
public sealed class ItemKindTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task An_image_comes_back_as_it_was_sent_with_its_pixels()
    {
        var dataset = await KindDatasets.CreateAsync(_service, KindDatasets.Image(1, 3, 1));
        var file = PngFile.Encode(3, 1, PngFile.Grey, [0, 51, 255]);
        var batch = KindDatasets.Images(file);
        Assert.Equal(new ItemWriteCounts { Created = 1 }, await _service.StoreAsync(dataset, batch));
        Assert.Equal(new ItemWriteCounts { Unchanged = 1 }, await _service.StoreAsync(dataset, batch));

        var listed = Assert.Single((await _service.Items.ListItemsAsync(new ListItemsRequest { Parent = dataset, Filter = "has_content = true AND has_features = true" })).Items);
        Assert.Equal("image/png", listed.MediaType);
        Assert.True(listed.HasContent && listed.HasFeatures && listed.Image.IsEmpty && listed.Features is null);
        var item = await _service.Items.GetItemAsync(new GetItemRequest { Name = listed.Name, IncludeContents = true, IncludeFeatures = true });
        Assert.Equal(file, item.Image.ToByteArray());
        Assert.Equal(Tensor.Types.DataType.Uint8, item.Features.DataType);
        Assert.Equal([1L, 3], item.Features.Shape);
        Assert.Equal([0, 51, 255], item.Features.Data.ToByteArray());
    }

    [Fact]
    public async Task Images_come_as_tensors_too_of_bytes_or_numbers_flat_or_with_sides()
    {
        var dataset = await KindDatasets.CreateAsync(_service, KindDatasets.Image(2, 1, 3));
        var bytes = new Tensor { DataType = Tensor.Types.DataType.Uint8, Shape = { 1, 2, 1, 3 }, Data = Google.Protobuf.ByteString.CopyFrom(0, 1, 2, 3, 4, 255) };
        await _service.StoreAsync(dataset, new ItemBatch { ItemIds = { "bytes" }, Features = bytes, Splits = { Split.Test }, GoldClasses = { "b" } });
        await _service.StoreAsync(dataset, new ItemBatch { ItemIds = { "numbers" }, Features = Requests.Floats([0, 0, 0, 0, 0, 1], 1, 6) });
        var (items, _) = await _service.ExportAsync(new ExportItemsRequest { Parent = dataset, IncludeFeatures = true, IncludeContents = true });
        Assert.Equal(["bytes", "numbers"], items.Select(item => item.ItemId));
        Assert.Equal((Split.Test, "b"), (items[0].Split, items[0].GoldClass));
        Assert.Equal([0, 1, 2, 3, 4, 255], items[0].Features.Data.ToByteArray());
        Assert.Equal((Split.Train, "", Tensor.Types.DataType.Float32), (items[1].Split, items[1].GoldClass, items[1].Features.DataType));
    }

    [Fact]
    public async Task Texts_and_sequences_come_back_as_they_were_sent()
    {
        var texts = await KindDatasets.CreateAsync(_service, KindDatasets.Text());
        string[] sent = ["Grüße", "日本語\n🧪", " ", new string('x', 65_536), "\ufeff"];
        await _service.StoreAsync(texts, KindDatasets.Texts(sent));
        var (items, _) = await _service.ExportAsync(new ExportItemsRequest { Parent = texts, IncludeContents = true });
        Assert.Equal(sent, items.Select(item => item.Text));
        Assert.All(items, item => Assert.Equal(("text/plain", true, false), (item.MediaType, item.HasContent, item.HasFeatures)));

        var sequences = await KindDatasets.CreateAsync(_service, KindDatasets.Sequence(2));
        Tensor[] steps = [Requests.Floats([1, 2], 1, 2), Requests.Floats([1, 2, 3, 4, 5, 6], 3, 2)];
        await _service.StoreAsync(sequences, KindDatasets.Sequences(steps));
        (items, _) = await _service.ExportAsync(new ExportItemsRequest { Parent = sequences, IncludeFeatures = true });
        Assert.Equal(steps, items.Select(item => item.Features));
    }

    [Theory]
    [InlineData("text", "cnn")]
    [InlineData("text", "lstm")]
    [InlineData("sequence", "mlp")]
    [InlineData("sequence", "cnn")]
    public async Task A_backbone_that_cannot_read_the_items_is_refused_before_a_run_is_queued(string kind, string backbone)
    {
        var dataset = await KindDatasets.CreateAsync(_service, kind == "text" ? KindDatasets.Text() : KindDatasets.Sequence(1));
        await _service.StoreAsync(dataset, kind == "text" ? KindDatasets.Texts("x") : KindDatasets.Sequences(Requests.Floats([1], 1, 1)));
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "a"));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "training_run.settings[backbone]", async () => await _service.Training.CreateTrainingRunAsync(
            new CreateTrainingRunRequest { Parent = dataset, TrainingRun = new TrainingRun { Algorithm = "wdn", Settings = { ["backbone"] = backbone } } }));
        Assert.Empty((await _service.Training.ListTrainingRunsAsync(new ListTrainingRunsRequest { Parent = dataset })).TrainingRuns);
    }

    [Fact]
    public async Task A_stream_of_images_is_stored_in_order_and_a_broken_one_leaves_nothing()
    {
        var dataset = await KindDatasets.CreateAsync(_service, KindDatasets.Image(32, 32, 1));
        byte[] File(int value) => PngFile.Encode(32, 32, PngFile.Grey, [.. Enumerable.Repeat((byte)value, 1024)]);
        ItemBatch Batch(int part, bool broken) => new()
        {
            ItemIds = { Enumerable.Range(0, 100).Select(i => $"{part}-{i}") },
            Images = { Enumerable.Range(0, 100).Select(i => Google.Protobuf.ByteString.CopyFrom(broken && i == 77 ? File(i)[..^30] : File(i))) },
        };

        await Requests.RefusedAsync(StatusCode.InvalidArgument, "messages[1].batch.images[77]", () => SendAsync(broken: true));
        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
        await SendAsync(broken: false);
        var (items, _) = await _service.ExportAsync(new ExportItemsRequest { Parent = dataset, IncludeFeatures = true });
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (byte)(i % 100)), items.Select(item => item.Features.Data[500]));

        async Task SendAsync(bool broken)
        {
            using var call = _service.Items.StreamItems();
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Parent = dataset, Batch = Batch(0, false) });
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Batch = Batch(1, broken) });
            await call.RequestStream.CompleteAsync();
            await call;
        }
    }

    [Fact]
    public async Task Text_that_is_no_UTF8_is_refused()
    {
        var dataset = await KindDatasets.CreateAsync(_service, KindDatasets.Text());
        var right = Google.Protobuf.MessageExtensions.ToByteArray(new BatchCreateItemsRequest { Parent = dataset, Batch = KindDatasets.Texts("QQQQ") });
        var at = right.AsSpan().IndexOf("QQQQ"u8);
        Encoding.Latin1.GetBytes("A\u00c3\u0028Z").CopyTo(right, at);
        var method = new Method<byte[], BatchCreateItemsResponse>(
            MethodType.Unary, "labeler.v1.ItemService", "BatchCreateItems", Marshallers.Create(bytes => bytes, bytes => bytes),
            Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, BatchCreateItemsResponse.Parser.ParseFrom));
        using var call = _service.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, right);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("MESSAGE_MALFORMED", error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>().Reason);
        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
    }
}
