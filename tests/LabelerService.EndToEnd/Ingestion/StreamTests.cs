using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Ingestion;

/// <summary>Streams of annotations over real gRPC: pipelined, acknowledged in order, taken back, registered, limited.</summary>
[Collection(SharedService.Name)]
public sealed class StreamTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_client_that_does_not_wait_gets_cumulative_acknowledgements_in_order()
    {
        const int Messages = 200, Size = 40;
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, Size);
        using var call = _service.Annotations.IngestAnnotations();
        var acknowledged = new List<long>();
        AnnotationWriteCounts? counts = null;
        var reading = Task.Run(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
                acknowledged.Add(call.ResponseStream.Current.AcknowledgedSequence);
                counts = call.ResponseStream.Current.Counts;
            }
        });
        for (var m = 0; m < Messages; m++)
        {
            await call.RequestStream.WriteAsync(Message(dataset, 10 * (m + 1), [.. Enumerable.Range(0, Size).Select(i => Requests.Says($"w{m % 50}", $"i{i}", m < 50 ? "a" : m < 100 ? "b" : "c"))]));
        }

        await call.RequestStream.CompleteAsync();
        await reading;
        Assert.Equal(acknowledged.Order().Distinct(), acknowledged);
        Assert.Equal(10 * Messages, acknowledged[^1]);
        Assert.Equal(new AnnotationWriteCounts { Created = 50 * Size, Revised = 100 * Size, Unchanged = 50 * Size }, counts);
        Assert.Equal(50 * Size, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task A_wrong_message_ends_the_stream_after_everything_before_it_and_names_itself()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 10);
        using var call = _service.Annotations.IngestAnnotations();
        await WriteUntilEndedAsync(call, Enumerable.Range(0, 5).Select(m => Message(dataset, m, Requests.Says("anna", m == 3 ? "nobody" : $"i{m}", "a"))));

        var last = -1L;
        await Requests.RefusedAsync(StatusCode.NotFound, "messages[3].annotations[0].item_id", async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
                last = call.ResponseStream.Current.AcknowledgedSequence;
            }
        });
        Assert.Equal(2, last);
        Assert.Equal(3, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task A_message_sent_again_under_its_request_id_gets_its_first_answer()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 2);
        var id = Guid.NewGuid().ToString();
        Assert.Equal(new AnnotationWriteCounts { Created = 1 }, await IngestAsync(Message(dataset, 1, Requests.Says("anna", "i0", "a")), id));
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "b"));
        Assert.Equal(new AnnotationWriteCounts { Created = 1 }, await IngestAsync(Message(dataset, 9, Requests.Says("anna", "i0", "a")), id));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "messages[0].request_id", () => IngestAsync(Message(dataset, 1, Requests.Says("anna", "i1", "a")), id));
        var only = Assert.Single((await _service.Annotations.ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset })).Annotations);
        Assert.Equal("b", only.ClassName);
    }

    [Fact]
    public async Task A_whole_stream_sent_again_under_its_request_id_gets_its_first_answer_however_it_is_cut()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 6);
        var id = Guid.NewGuid().ToString();
        Annotation[] said = [.. Enumerable.Range(0, 6).Select(i => Requests.Says("anna", $"i{i}", "a"))];
        var first = await StreamAsync(dataset, id, said[..2], said[2..]);
        Assert.Equal(new AnnotationWriteCounts { Created = 6 }, first);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "c"));
        Assert.Equal(first, await StreamAsync(dataset, id, said[..5], said[5..]));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "messages[0].request_id", () => StreamAsync(dataset, id, said[..5]));
        Assert.Equal(6, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task Labels_before_items_retractions_revisions_and_the_export_agree()
    {
        var dataset = await _service.CreateDatasetAsync();
        var request = new BatchCreateAnnotationsRequest
        {
            Parent = dataset,
            UnknownLabelers = UnknownLabelers.Register,
            UnknownItems = UnknownItems.Register,
            Annotations = { Requests.Says("anna", "i0", "a"), Requests.Says("anna", "i1", "b"), Requests.Says("bert", "i0", "c") },
        };
        Assert.Equal(new AnnotationWriteCounts { Created = 3 }, (await _service.Annotations.BatchCreateAnnotationsAsync(request)).Counts);
        Assert.Equal(2, (await _service.CountAsync(dataset)).Items);
        await _service.CreateItemsAsync(dataset, 2);
        Assert.Equal(2, (await _service.CountAsync(dataset)).Items);

        var back = new Annotation { ItemId = "i0", LabelerId = "anna", Retracted = true };
        Assert.Equal(new AnnotationWriteCounts { Retracted = 1 }, await _service.AnnotateAsync(dataset, back));
        Assert.Equal(new AnnotationWriteCounts { Unchanged = 1 }, await _service.AnnotateAsync(dataset, back));
        Assert.Equal(["anna i1", "bert i0"], (await ExportAsync(dataset, false)).Select(a => $"{a.LabelerId} {a.ItemId}").Order());
        var retracted = Assert.Single(await ExportAsync(dataset, true), annotation => annotation.Retracted);
        Assert.Equal((Annotation.LabelOneofCase.None, 2), (retracted.LabelCase, retracted.Revision));
        Assert.Equal(retracted, await _service.Annotations.GetAnnotationAsync(new GetAnnotationRequest { Name = retracted.Name }));

        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "b"));
        var page = await _service.Annotations.ListAnnotationRevisionsAsync(new ListAnnotationRevisionsRequest { Name = retracted.Name, PageSize = 2 });
        Assert.Equal([3, 2], page.Annotations.Select(a => a.Revision));
        var rest = await _service.Annotations.ListAnnotationRevisionsAsync(
            new ListAnnotationRevisionsRequest { Name = retracted.Name, PageSize = 2, PageToken = page.NextPageToken });
        Assert.Equal("a", Assert.Single(rest.Annotations).ClassName);
        Assert.Empty(rest.NextPageToken);
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await _service.Annotations.ListAnnotationRevisionsAsync(
            new ListAnnotationRevisionsRequest { Name = $"{dataset}/annotations/1-1" }));
    }

    [Fact]
    public async Task A_time_in_the_future_and_a_retraction_with_a_class_are_refused()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 2);
        var future = Requests.Says("anna", "i0", "a");
        future.AnnotateTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(6));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "annotations[0].annotate_time", () => _service.AnnotateAsync(dataset, future));
        var ahead = Requests.Says("anna", "i0", "a");
        ahead.AnnotateTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(3));
        await _service.AnnotateAsync(dataset, ahead);
        var both = Requests.Says("anna", "i1", "a");
        both.Retracted = true;
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "annotations[0].retracted", () => _service.AnnotateAsync(dataset, both));
    }

    [Fact]
    public async Task A_quota_refuses_the_message_that_passes_it_with_nothing_of_it_stored()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 10);
        var updated = await _service.Datasets.UpdateDatasetAsync(
            new UpdateDatasetRequest { Dataset = new Dataset { Name = dataset, Quota = new Quota { MaxAnnotations = 3 } } });
        Assert.Equal(3, updated.Quota.MaxAnnotations);
        using var call = _service.Annotations.IngestAnnotations();
        await WriteUntilEndedAsync(
            call,
            [
                Message(dataset, 1, Requests.Says("anna", "i0", "a"), Requests.Says("anna", "i1", "a")),
                Message(dataset, 2, Requests.Says("anna", "i2", "a"), Requests.Says("anna", "i3", "a")),
                Message(dataset, 3, Requests.Says("anna", "i4", "a")),
            ]);
        var last = 0L;
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
                last = call.ResponseStream.Current.AcknowledgedSequence;
            }
        });
        Assert.Equal((1, StatusCode.ResourceExhausted), (last, error.StatusCode));
        var status = error.GetRpcStatus()!;
        Assert.Equal("QUOTA_EXCEEDED", status.GetDetail<ErrorInfo>()!.Reason);
        Assert.Equal(dataset, Assert.Single(status.GetDetail<QuotaFailure>()!.Violations).Subject);
        Assert.Equal(2, (await _service.CountAsync(dataset)).Annotations);
    }

    /// <summary>Writes until the service has ended the stream, which it may do before the last of them; reading says why.</summary>
    private static async Task WriteUntilEndedAsync(
        AsyncDuplexStreamingCall<IngestAnnotationsRequest, IngestAnnotationsResponse> call, IEnumerable<IngestAnnotationsRequest> messages)
    {
        try
        {
            foreach (var message in messages)
            {
                await call.RequestStream.WriteAsync(message);
            }
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // Whoever is late is told so by the transport.
        }
    }

    private static IngestAnnotationsRequest Message(string dataset, long sequence, params Annotation[] annotations) => new()
    {
        Parent = dataset,
        Sequence = sequence,
        UnknownLabelers = UnknownLabelers.Register,
        Annotations = { annotations },
    };

    private async Task<AnnotationWriteCounts> IngestAsync(IngestAnnotationsRequest message, string requestId)
    {
        message.RequestId = requestId;
        using var call = _service.Annotations.IngestAnnotations();
        await call.RequestStream.WriteAsync(message);
        Assert.True(await call.ResponseStream.MoveNext());
        var counts = call.ResponseStream.Current.Counts;
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        return counts;
    }

    private async Task<AnnotationWriteCounts> StreamAsync(string dataset, string requestId, params Annotation[][] messages)
    {
        using var call = _service.Annotations.StreamAnnotations();
        foreach (var message in messages)
        {
            await call.RequestStream.WriteAsync(new StreamAnnotationsRequest
            {
                Parent = dataset,
                RequestId = requestId,
                UnknownLabelers = UnknownLabelers.Register,
                Annotations = { message },
            });
        }

        await call.RequestStream.CompleteAsync();
        return (await call).Counts;
    }

    private async Task<List<Annotation>> ExportAsync(string dataset, bool showRetracted)
    {
        using var call = _service.Annotations.ExportAnnotations(new ExportAnnotationsRequest { Parent = dataset, ShowRetracted = showRetracted });
        var all = new List<Annotation>();
        while (await call.ResponseStream.MoveNext())
        {
            all.AddRange(call.ResponseStream.Current.Annotations);
        }

        return all;
    }
}
