using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.BadInput;

/// <summary>Wrong annotations: the right status, the field at fault, and nothing stored.</summary>
[Collection(SharedService.Name)]
public sealed class AnnotationRefusalTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    public static TheoryData<string, string, StatusCode> Wrong => new()
    {
        { "unknown class", "annotations[1].class_name", StatusCode.InvalidArgument },
        { "class index too high", "annotations[1].class_index", StatusCode.InvalidArgument },
        { "class index negative", "annotations[1].class_index", StatusCode.InvalidArgument },
        { "no class", "annotations[1].class_name", StatusCode.InvalidArgument },
        { "empty item", "annotations[1].item_id", StatusCode.InvalidArgument },
        { "empty labeler", "annotations[1].labeler_id", StatusCode.InvalidArgument },
        { "labeler over 256 bytes", "annotations[1].labeler_id", StatusCode.InvalidArgument },
        { "unknown item", "annotations[1].item_id", StatusCode.NotFound },
        { "unknown labeler", "annotations[1].labeler_id", StatusCode.NotFound },
        { "confidence above 1", "annotations[1].confidence", StatusCode.InvalidArgument },
        { "confidence not a number", "annotations[1].confidence", StatusCode.InvalidArgument },
        { "negative duration", "annotations[1].duration", StatusCode.InvalidArgument },
        { "duration that has no opposite", "annotations[1].duration", StatusCode.InvalidArgument },
        { "time out of range", "annotations[1].annotate_time", StatusCode.InvalidArgument },
        { "two opinions at once", "annotations[2]", StatusCode.InvalidArgument },
        { "none", "annotations", StatusCode.InvalidArgument },
        { "too many", "annotations", StatusCode.InvalidArgument },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_batch_with_a_fault_is_refused_whole(string fault, string field, StatusCode code)
    {
        var dataset = await PrepareAsync();
        var request = new BatchCreateAnnotationsRequest { Parent = dataset, Annotations = { Break(fault) } };
        await Requests.RefusedAsync(code, field, async () => await _service.Annotations.BatchCreateAnnotationsAsync(request));
        Assert.Equal(0, (await _service.CountAsync(dataset)).Annotations);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_stream_with_a_fault_in_its_second_message_leaves_nothing(string fault, string field, StatusCode code)
    {
        var dataset = await PrepareAsync();
        await Requests.RefusedAsync(code, $"messages[1].{field}", async () =>
        {
            using var call = _service.Annotations.StreamAnnotations();
            await call.RequestStream.WriteAsync(new StreamAnnotationsRequest { Parent = dataset, Annotations = { Requests.Says("anna", "i0", "a") } });
            await call.RequestStream.WriteAsync(new StreamAnnotationsRequest { Annotations = { Break(fault) } });
            await call.RequestStream.CompleteAsync();
            await call;
        });
        Assert.Equal(0, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task A_fault_in_an_acknowledged_stream_keeps_what_was_acknowledged_and_nothing_else()
    {
        var dataset = await PrepareAsync();
        using var call = _service.Annotations.IngestAnnotations();
        await call.RequestStream.WriteAsync(
            new IngestAnnotationsRequest { Parent = dataset, Sequence = 1, Annotations = { Requests.Says("anna", "i0", "a") } });
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(1, call.ResponseStream.Current.AcknowledgedSequence);

        await call.RequestStream.WriteAsync(new IngestAnnotationsRequest { Sequence = 2, Annotations = { Break("unknown class") } });
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "messages[1].annotations[1].class_name", async () => await call.ResponseStream.MoveNext());
        Assert.Equal(1, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task A_sequence_that_does_not_grow_is_refused()
    {
        var dataset = await PrepareAsync();
        using var call = _service.Annotations.IngestAnnotations();
        await call.RequestStream.WriteAsync(
            new IngestAnnotationsRequest { Parent = dataset, Sequence = 5, Annotations = { Requests.Says("anna", "i0", "a") } });
        await call.RequestStream.WriteAsync(new IngestAnnotationsRequest { Sequence = 5, Annotations = { Requests.Says("anna", "i1", "a") } });
        Assert.True(await call.ResponseStream.MoveNext());
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "messages[1].sequence", async () => await call.ResponseStream.MoveNext());
        Assert.Equal(1, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task Half_a_stream_leaves_nothing_and_registers_nobody()
    {
        var dataset = await PrepareAsync();
        using var cancel = new CancellationTokenSource();
        using (var call = _service.Annotations.StreamAnnotations(cancellationToken: cancel.Token))
        {
            await call.RequestStream.WriteAsync(new StreamAnnotationsRequest
            {
                Parent = dataset,
                UnknownLabelers = UnknownLabelers.Register,
                Annotations = { Requests.Says("stranger", "i0", "a") },
            });
            await call.RequestStream.WriteAsync(new StreamAnnotationsRequest { Annotations = { Requests.Says("anna", "i1", "a") } });
            await cancel.CancelAsync();
            var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
            Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        }

        // The same annotations again are all new.
        var counts = await _service.AnnotateAsync(dataset, Requests.Says("stranger", "i0", "a"), Requests.Says("anna", "i1", "a"));
        Assert.Equal(2, counts.Created);
    }

    [Fact]
    public async Task Gold_for_an_unknown_item_or_class_is_refused_whole()
    {
        var dataset = await PrepareAsync();
        await Requests.RefusedAsync(StatusCode.NotFound, "gold_classes[1].item_id", () => SetGoldAsync(dataset, ("i0", "a"), ("nobody", "a")));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "gold_classes[1].class_name", () => SetGoldAsync(dataset, ("i0", "a"), ("i1", "x")));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "gold_classes[1].item_id", () => SetGoldAsync(dataset, ("i0", "a"), ("i0", "b")));
        Assert.Equal(0, (await _service.CountAsync(dataset)).GoldItems);
    }

    private async Task SetGoldAsync(string dataset, params (string Item, string Class)[] gold)
    {
        var request = new BatchSetGoldClassesRequest { Parent = dataset };
        request.GoldClasses.AddRange(gold.Select(entry => new GoldClass { ItemId = entry.Item, ClassName = entry.Class }));
        await _service.Items.BatchSetGoldClassesAsync(request);
    }

    private async Task<string> PrepareAsync()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 10);
        await _service.Labelers.BatchCreateLabelersAsync(new BatchCreateLabelersRequest
        {
            Parent = dataset,
            Labelers = { new Labeler { LabelerId = "anna" }, new Labeler { LabelerId = "bert" } },
        });
        return dataset;
    }

    private static Annotation[] Break(string fault)
    {
        var second = Requests.Says("bert", "i1", "b");
        Annotation[] batch = [Requests.Says("anna", "i0", "a"), second, Requests.Says("bert", "i2", "c")];
        switch (fault)
        {
            case "unknown class": second.ClassName = "x"; break;
            case "class index too high": second.ClassIndex = 3; break;
            case "class index negative": second.ClassIndex = -1; break;
            case "no class": second.ClearLabel(); break;
            case "empty item": second.ItemId = ""; break;
            case "empty labeler": second.LabelerId = ""; break;
            case "labeler over 256 bytes": second.LabelerId = new string('x', 257); break;
            case "unknown item": second.ItemId = "nobody"; break;
            case "unknown labeler": second.LabelerId = "stranger"; break;
            case "confidence above 1": second.Confidence = 1.5f; break;
            case "confidence not a number": second.Confidence = float.NaN; break;
            case "negative duration": second.Duration = new() { Seconds = -1 }; break;
            case "duration that has no opposite": second.Duration = new() { Seconds = 1000, Nanos = int.MinValue }; break;
            case "time out of range": second.AnnotateTime = new() { Seconds = long.MaxValue }; break;
            case "two opinions at once": batch[2].ItemId = "i1"; break;
            case "none": return [];
            case "too many": return [.. Enumerable.Range(0, 10_001).Select(i => Requests.Says("anna", $"i{i}", "a"))];
            default: throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }

        return batch;
    }
}
