using System.Threading.Channels;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Mapping;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Ingest;
using UnknownItems = LabelerService.Contracts.V1.UnknownItems;
using UnknownLabelers = LabelerService.Contracts.V1.UnknownLabelers;

namespace LabelerService.Server.Services;

/// <summary>
/// One call of <c>IngestAnnotations</c>: reads ahead while earlier messages are being committed, acknowledges in order after the commit,
/// and ends with the first failure once everything before it is acknowledged.
/// </summary>
internal sealed class IngestionCall(
    AnnotationStore annotations, Drain drain, TimeProvider time, IAsyncStreamReader<IngestAnnotationsRequest> requests,
    IServerStreamWriter<IngestAnnotationsResponse> responses, ServerCallContext context)
{
    private readonly Channel<Sent> _sent = Channel.CreateUnbounded<Sent>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    public async Task RunAsync(DatasetResolver datasets)
    {
        var stream = new DatasetStream<IngestAnnotationsRequest>(requests, message => message.Parent, context.CancellationToken, drain);
        var (dataset, first) = await stream.StartAsync(datasets);
        var caller = Caller.Of(context);
        var validator = new RequestValidator();
        var unknown = AnnotationMapping.ReadUnknown(first.UnknownLabelers, first.UnknownItems, caller, validator);
        validator.ThrowIfInvalid();

        var mode = (first.UnknownLabelers, first.UnknownItems);
        using var writes = annotations.OpenStream(dataset, unknown, caller.Allowance);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var acknowledging = AcknowledgeAsync(reading);
        try
        {
            var (classes, last) = (new ClassReader(dataset.Schema), long.MinValue);
            var messages = stream.ReadAsync(
                (message, check) =>
                {
                    check.Require(message.Sequence > last, "sequence", $"is {message.Sequence}; it must be greater than the one before, {last}");
                    last = message.Sequence;
                    var requestId = check.RequestId(message.RequestId);
                    var batch = AnnotationMapping.ReadBatch(message.Annotations, caller, classes, time.GetUtcNow(), check);
                    return (message, requestId, batch);
                },
                reading.Token);
            await foreach (var (message, requestId, batch) in messages)
            {
                var sequence = message.Sequence;
                var request = requestId is null ? null : RequestIds.Identify(requestId, context.Method, Content(message, mode));

                // Room in the queue comes with commits. While there is none nothing is read, and the client's sending stops as well.
                var queued = await drain.UnlessStoppingAsync(token => writes.SendAsync(batch, request, token).AsTask(), reading.Token);
                _sent.Writer.TryWrite(new Sent(stream.Index, sequence, queued.Committed));
            }

            _sent.Writer.Complete();
        }
        catch (ServiceException error)
        {
            _sent.Writer.Complete(stream.Locate(error));
        }
        catch (Exception error)
        {
            _sent.Writer.Complete(error);
        }

        await acknowledging;
    }

    private static IngestAnnotationsRequest Content(IngestAnnotationsRequest message, (UnknownLabelers Labelers, UnknownItems Items) mode)
    {
        // What a message says does not depend on where in which stream it stands.
        message.Parent = message.RequestId = "";
        message.Sequence = 0;
        (message.UnknownLabelers, message.UnknownItems) = mode;
        return message;
    }

    private async Task AcknowledgeAsync(CancellationTokenSource reading)
    {
        try
        {
            var total = new AnnotationWriteResult(0, 0, 0);
            while (await _sent.Reader.WaitToReadAsync(context.CancellationToken))
            {
                long? acknowledged = null;
                while (_sent.Reader.TryPeek(out var next) && (acknowledged is null || next.Committed.IsCompleted))
                {
                    try
                    {
                        total += await next.Committed.WaitAsync(context.CancellationToken);
                    }
                    catch (Exception error)
                    {
                        await SendAsync(acknowledged, total);
                        if (error is ServiceException known)
                        {
                            throw DatasetStream<IngestAnnotationsRequest>.Locate(known, next.Index);
                        }

                        throw;
                    }

                    acknowledged = next.Sequence;
                    _sent.Reader.TryRead(out _);
                }

                await SendAsync(acknowledged, total);
            }
        }
        finally
        {
            // Whoever is still reading need not.
            await reading.CancelAsync();
        }
    }

    private Task SendAsync(long? acknowledged, AnnotationWriteResult total) => acknowledged is { } sequence
        ? responses.WriteAsync(
            new IngestAnnotationsResponse { AcknowledgedSequence = sequence, Counts = AnnotationMapping.ToCounts(total) }, context.CancellationToken)
        : Task.CompletedTask;

    /// <summary>A message in the queue.</summary>
    private readonly record struct Sent(int Index, long Sequence, Task<AnnotationWriteResult> Committed);
}
