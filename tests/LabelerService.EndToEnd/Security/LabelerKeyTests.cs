using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Security;

/// <summary>A labeler's key submits and sees what is its own, and nothing that would tell it the answers.</summary>
[Trait("Suite", "security")]
public sealed class LabelerKeyTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task Unary_client_stream_and_bidirectional_stream_refuse_what_another_labeler_says()
    {
        var (dataset, anna) = await StartAsync("mine");
        var annotations = new AnnotationService.AnnotationServiceClient(_server.Call(anna));
        Annotation mine = new() { ItemId = "i0", LabelerId = "anna", ClassName = "a" }, other = new() { ItemId = "i1", LabelerId = "bert", ClassName = "a" };

        var unary = await Assert.ThrowsAsync<RpcException>(async () => await annotations.BatchCreateAnnotationsAsync(
            new BatchCreateAnnotationsRequest { Parent = dataset, UnknownLabelers = UnknownLabelers.Register, Annotations = { mine, other } }));
        Refused(unary, "annotations[1].labeler_id");

        using (var stream = annotations.StreamAnnotations())
        {
            await stream.RequestStream.WriteAsync(
                new StreamAnnotationsRequest { Parent = dataset, UnknownLabelers = UnknownLabelers.Register, Annotations = { mine } });
            await stream.RequestStream.WriteAsync(new StreamAnnotationsRequest { Annotations = { other } });
            await stream.RequestStream.CompleteAsync();
            Refused(await Assert.ThrowsAsync<RpcException>(async () => await stream), "messages[1].annotations[0].labeler_id");
        }

        // Nothing of a refused call is stored; what the bidirectional stream acknowledges before its refusal is.
        Assert.Empty((await annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset })).Annotations);
        using (var ingest = annotations.IngestAnnotations())
        {
            await ingest.RequestStream.WriteAsync(
                new IngestAnnotationsRequest { Parent = dataset, Sequence = 1, UnknownLabelers = UnknownLabelers.Register, Annotations = { mine } });
            Assert.True(await ingest.ResponseStream.MoveNext(CancellationToken.None));
            await ingest.RequestStream.WriteAsync(new IngestAnnotationsRequest { Sequence = 2, Annotations = { other } });
            Refused(
                await Assert.ThrowsAsync<RpcException>(async () => await ingest.ResponseStream.MoveNext(CancellationToken.None)),
                "messages[1].annotations[0].labeler_id");
        }

        Assert.Equal("anna", Assert.Single((await annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset })).Annotations).LabelerId);
    }

    [Fact]
    public async Task Annotations_of_others_do_not_show()
    {
        var (dataset, anna) = await StartAsync("others");
        var writer = new AnnotationService.AnnotationServiceClient(_server.Call(_server.AdminKey));
        await writer.BatchCreateAnnotationsAsync(new BatchCreateAnnotationsRequest
        {
            Parent = dataset,
            UnknownLabelers = UnknownLabelers.Register,
            Annotations =
            {
                new Annotation { ItemId = "i0", LabelerId = "anna", ClassName = "a" }, new Annotation { ItemId = "i0", LabelerId = "bert", ClassName = "b" },
            },
        });
        var all = (await writer.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset })).Annotations;
        var (mine, others) = (all.Single(annotation => annotation.LabelerId == "anna"), all.Single(annotation => annotation.LabelerId == "bert"));

        var reader = new AnnotationService.AnnotationServiceClient(_server.Call(anna));
        Assert.Equal(mine.Name, Assert.Single((await reader.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset })).Annotations).Name);
        Assert.Equal("a", (await reader.GetAnnotationAsync(new GetAnnotationRequest { Name = mine.Name })).ClassName);
        Assert.Single((await reader.ListAnnotationRevisionsAsync(new ListAnnotationRevisionsRequest { Name = mine.Name })).Annotations);

        var missing = $"{dataset}/annotations/999999-999999";
        Refused(await FailAsync(reader.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset, LabelerId = "bert" })), "labeler_id");
        foreach (var name in new[] { others.Name, missing })
        {
            Refused(await FailAsync(reader.GetAnnotationAsync(new GetAnnotationRequest { Name = name })), "name");
            Refused(await FailAsync(reader.ListAnnotationRevisionsAsync(new ListAnnotationRevisionsRequest { Name = name })), "name");
        }
    }

    [Fact]
    public async Task Items_come_without_gold()
    {
        var (dataset, anna) = await StartAsync("gold");
        await new ItemService.ItemServiceClient(_server.Call(_server.AdminKey)).BatchSetGoldClassesAsync(new BatchSetGoldClassesRequest
        {
            Parent = dataset,
            GoldClasses = { new GoldClass { ItemId = "i0", ClassName = "b" } },
        });
        var admin = new ItemService.ItemServiceClient(_server.Call(_server.AdminKey));
        var name = (await admin.ListItemsAsync(new ListItemsRequest { Parent = dataset })).Items.Single(item => item.GoldClass == "b").Name;
        var items = new ItemService.ItemServiceClient(_server.Call(anna));
        Assert.Equal("", (await items.GetItemAsync(new GetItemRequest { Name = name })).GoldClass);
        var listed = (await items.ListItemsAsync(new ListItemsRequest { Parent = dataset })).Items;
        Assert.Equal(2, listed.Count);
        Assert.All(listed, item => Assert.Equal("", item.GoldClass));
    }

    [Fact]
    public async Task Items_to_annotate_are_those_left_to_the_labeler_of_the_key_and_to_no_other()
    {
        var (dataset, anna) = await StartAsync("left");
        var admin = _server.Call(_server.AdminKey);
        await new AnnotationService.AnnotationServiceClient(admin).BatchCreateAnnotationsAsync(new BatchCreateAnnotationsRequest
        {
            Parent = dataset,
            UnknownLabelers = UnknownLabelers.Register,
            Annotations =
            {
                new Annotation { ItemId = "i0", LabelerId = "anna", ClassName = "a" }, new Annotation { ItemId = "i1", LabelerId = "bert", ClassName = "b" },
            },
        });
        await new ItemService.ItemServiceClient(admin).BatchSetGoldClassesAsync(new BatchSetGoldClassesRequest
        {
            Parent = dataset,
            GoldClasses = { new GoldClass { ItemId = "i1", ClassName = "b" } },
        });
        var items = new ItemService.ItemServiceClient(_server.Call(anna));
        foreach (var order in Enum.GetValues<ItemsToAnnotateOrder>())
        {
            var mine = await items.ListItemsToAnnotateAsync(new ListItemsToAnnotateRequest { Parent = dataset, Order = order });
            var item = Assert.Single(mine.Items);
            Assert.Equal(("i1", "", 1), (item.ItemId, item.GoldClass, mine.AnnotatedCount));
            var others = await new ItemService.ItemServiceClient(admin).ListItemsToAnnotateAsync(
                new ListItemsToAnnotateRequest { Parent = dataset, LabelerId = "bert", Order = order });
            Assert.Equal("i0", Assert.Single(others.Items).ItemId);
        }

        Refused(await FailAsync(items.ListItemsToAnnotateAsync(new ListItemsToAnnotateRequest { Parent = dataset, LabelerId = "bert" })), "labeler_id");
        Refused(await FailAsync(items.ListItemsToAnnotateAsync(new ListItemsToAnnotateRequest { Parent = dataset, Filter = "has_gold = true" })), "filter");
    }

    [Fact]
    public async Task A_labeler_registers_no_items()
    {
        var (dataset, anna) = await StartAsync("register");
        var annotations = new AnnotationService.AnnotationServiceClient(_server.Call(anna));
        var unary = await FailAsync(annotations.BatchCreateAnnotationsAsync(new BatchCreateAnnotationsRequest
        {
            Parent = dataset,
            UnknownItems = UnknownItems.Register,
            UnknownLabelers = UnknownLabelers.Register,
            Annotations = { new Annotation { ItemId = "new", LabelerId = "anna", ClassName = "a" } },
        }));
        Refused(unary, "unknown_items");
        using var ingest = annotations.IngestAnnotations();
        await ingest.RequestStream.WriteAsync(new IngestAnnotationsRequest { Parent = dataset, Sequence = 1, UnknownItems = UnknownItems.Register });
        Refused(await Assert.ThrowsAsync<RpcException>(async () => await ingest.ResponseStream.MoveNext(CancellationToken.None)), "unknown_items");
    }

    private async Task<(string Dataset, string Key)> StartAsync(string id)
    {
        var dataset = await _server.CreateDatasetAsync(id);
        await new ItemService.ItemServiceClient(_server.Call(_server.AdminKey)).BatchCreateItemsAsync(new BatchCreateItemsRequest
        {
            Parent = dataset,
            Batch = new ItemBatch
            {
                ItemIds = { "i0", "i1" },
                Features = new Tensor { DataType = Tensor.Types.DataType.Float32, Shape = { 2, 2 }, Data = Google.Protobuf.ByteString.CopyFrom(new byte[16]) },
            },
        });
        return (dataset, await _server.CreateKeyAsync(ApiKey.Types.Role.Labeler, dataset, "anna"));
    }

    private static async Task<RpcException> FailAsync<T>(AsyncUnaryCall<T> call) => await Assert.ThrowsAsync<RpcException>(async () => await call);

    private static void Refused(RpcException error, string field)
    {
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations).Field);
    }
}
