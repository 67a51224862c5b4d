using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.BadInput;

/// <summary>Wrong items: the right status, the field at fault, and nothing stored.</summary>
[Collection(SharedService.Name)]
public sealed class ItemRefusalTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    public static TheoryData<string, string> Wrong => new()
    {
        { "vector too short", "batch.features.shape" },
        { "fewer vectors than ids", "batch.features.shape" },
        { "data shorter than its shape", "batch.features.data" },
        { "a shape whose product overflows", "batch.features.shape" },
        { "negative side", "batch.features.shape" },
        { "not a number", "batch.features.data" },
        { "infinite", "batch.features.data" },
        { "infinite as float16", "batch.features.data" },
        { "no data type", "batch.features.data_type" },
        { "no items", "batch.item_ids" },
        { "empty id", "batch.item_ids[1]" },
        { "id over 256 bytes", "batch.item_ids[1]" },
        { "id with NUL", "batch.item_ids[1]" },
        { "id twice", "batch.item_ids[1]" },
        { "no batch", "batch" },
        { "unknown split", "batch.split" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_batch_with_a_fault_is_refused_whole(string fault, string field)
    {
        var dataset = await _service.CreateDatasetAsync();
        var request = new BatchCreateItemsRequest { Parent = dataset, Batch = Break(fault) };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, field, async () => await _service.Items.BatchCreateItemsAsync(request));
        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_stream_with_a_fault_in_its_third_message_leaves_nothing(string fault, string field)
    {
        var dataset = await _service.CreateDatasetAsync();
        await Requests.RefusedAsync(StatusCode.InvalidArgument, $"messages[2].{field}", async () =>
        {
            using var call = _service.Items.StreamItems();
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Parent = dataset, Batch = Requests.Batch(3, 4, "first") });
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Batch = Requests.Batch(3, 4, "second") });
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Batch = Break(fault) });
            await call.RequestStream.CompleteAsync();
            await call;
        });
        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
    }

    [Fact]
    public async Task Half_a_stream_leaves_nothing()
    {
        var dataset = await _service.CreateDatasetAsync();
        using var cancel = new CancellationTokenSource();
        using (var call = _service.Items.StreamItems(cancellationToken: cancel.Token))
        {
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Parent = dataset, Batch = Requests.Batch(100, 4) });
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Batch = Requests.Batch(100, 4, "more") });
            await cancel.CancelAsync();
            var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
            Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        }

        // The same items again: had anything been kept, it would be counted as unchanged.
        var response = await _service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(100, 4) });
        Assert.Equal(100, response.Counts.Created);
    }

    [Fact]
    public async Task An_empty_stream_is_refused() =>
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "parent", async () =>
        {
            using var call = _service.Items.StreamItems();
            await call.RequestStream.CompleteAsync();
            await call;
        });

    [Fact]
    public async Task A_stream_about_two_datasets_is_refused()
    {
        var first = await _service.CreateDatasetAsync();
        var second = await _service.CreateDatasetAsync();
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "messages[1].parent", async () =>
        {
            using var call = _service.Items.StreamItems();
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Parent = first, Batch = Requests.Batch(1, 4) });
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Parent = second, Batch = Requests.Batch(1, 4) });
            await call.RequestStream.CompleteAsync();
            await call;
        });
        Assert.Equal(0, (await _service.CountAsync(first)).Items);
        Assert.Equal(0, (await _service.CountAsync(second)).Items);
    }

    [Fact]
    public async Task A_message_over_16_MiB_is_refused_and_the_service_goes_on()
    {
        var dataset = await _service.CreateDatasetAsync(length: 65_536);
        var request = new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(80, 65_536) };
        await Requests.RefusedAsync(StatusCode.ResourceExhausted, "message", async () => await _service.Items.BatchCreateItemsAsync(request));
        Assert.Equal(0, (await _service.CountAsync(dataset)).Items);
    }

    [Theory]
    [InlineData("datasets/there-is-none", StatusCode.NotFound)]
    [InlineData("", StatusCode.InvalidArgument)]
    [InlineData("datasets/", StatusCode.InvalidArgument)]
    [InlineData("datasets/UPPER", StatusCode.InvalidArgument)]
    [InlineData("datasets/..%2f", StatusCode.InvalidArgument)]
    [InlineData("datasets/a/items/1", StatusCode.InvalidArgument)]
    public async Task Items_for_no_dataset_are_refused(string parent, StatusCode code) =>
        await Requests.RefusedAsync(code, "parent", async () => await _service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = parent, Batch = Requests.Batch(1, 4) }));

    [Fact]
    public async Task A_request_id_with_another_body_is_refused()
    {
        var dataset = await _service.CreateDatasetAsync();
        var id = Guid.NewGuid().ToString();
        await _service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(1, 4), RequestId = id });
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "request_id", async () => await _service.Items.BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(2, 4), RequestId = id }));
        Assert.Equal(1, (await _service.CountAsync(dataset)).Items);
    }

    private static ItemBatch? Break(string fault)
    {
        var batch = Requests.Batch(3, 4);
        var values = Enumerable.Repeat(1f, 12).ToArray();
        switch (fault)
        {
            case "vector too short": batch.Features = Requests.Floats(new float[9], 3, 3); break;
            case "fewer vectors than ids": batch.Features = Requests.Floats(new float[8], 2, 4); break;
            case "data shorter than its shape": batch.Features = Requests.Floats(new float[11], 3, 4); break;
            case "a shape whose product overflows": batch.Features = Requests.Floats(values, long.MaxValue, 4); break;
            case "negative side": batch.Features = Requests.Floats(values, -3, 4); break;
            case "not a number": values[7] = float.NaN; batch.Features = Requests.Floats(values, 3, 4); break;
            case "infinite": values[11] = float.NegativeInfinity; batch.Features = Requests.Floats(values, 3, 4); break;
            case "infinite as float16":
                var halves = Array.ConvertAll(values, value => (Half)value);
                halves[5] = Half.PositiveInfinity;
                batch.Features.DataType = Tensor.Types.DataType.Float16;
                batch.Features.Data = Google.Protobuf.ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(halves.AsSpan()));
                break;
            case "no data type": batch.Features.DataType = Tensor.Types.DataType.Unspecified; break;
            case "no items": batch.ItemIds.Clear(); break;
            case "empty id": batch.ItemIds[1] = ""; break;
            case "id over 256 bytes": batch.ItemIds[1] = new string('é', 129); break;
            case "id with NUL": batch.ItemIds[1] = "a\0b"; break;
            case "id twice": batch.ItemIds[1] = batch.ItemIds[0]; break;
            case "no batch": return null;
            case "unknown split": batch.Split = (Split)17; break;
            default: throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }

        return batch;
    }
}
