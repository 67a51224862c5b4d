using System.Collections.Concurrent;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Harness;

/// <summary>
/// A service of annotations that commits as the real one does (whole messages, in order, a request id once) and misbehaves where a test
/// wants it to.
/// </summary>
internal sealed class AnnotationStore : AnnotationService.AnnotationServiceBase
{
    private readonly ConcurrentDictionary<string, AnnotationWriteCounts> _answers = new();
    private int _messages;
    private int _streams;

    /// <summary>Committed annotations, in order; one that is committed twice stands here twice.</summary>
    public ConcurrentQueue<Annotation> Committed { get; } = new();

    /// <summary>Rows of each message that came, committed before or not.</summary>
    public ConcurrentQueue<int> Arrived { get; } = new();

    /// <summary>Request headers of the streams.</summary>
    public ConcurrentQueue<Metadata> Headers { get; } = new();

    public int Streams => _streams;

    /// <summary>Refuses a message, given its place in its stream, from 0; null takes it.</summary>
    public Func<int, IngestAnnotationsRequest, RpcException?> Refuse { get; set; } = (_, _) => null;

    /// <summary>Called before a message is committed, with its number over all streams, from 1; may throw.</summary>
    public Func<int, IngestAnnotationsRequest, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called after a message is committed and before it is acknowledged; may throw.</summary>
    public Func<int, IngestAnnotationsRequest, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    public override async Task IngestAnnotations(
        IAsyncStreamReader<IngestAnnotationsRequest> requestStream, IServerStreamWriter<IngestAnnotationsResponse> responseStream,
        ServerCallContext context)
    {
        Interlocked.Increment(ref _streams);
        Headers.Enqueue(context.RequestHeaders);
        var sum = new AnnotationWriteCounts();
        var index = 0;
        await foreach (var message in requestStream.ReadAllAsync())
        {
            if ((index == 0) != (message.Parent.Length > 0))
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message, and only it, has a parent"));
            }

            if (Refuse(index++, message) is { } refusal)
            {
                throw refusal;
            }

            var number = Interlocked.Increment(ref _messages);
            Arrived.Enqueue(message.Annotations.Count);
            await Before(number, message);
            var counts = _answers.GetOrAdd(message.RequestId, _ =>
            {
                foreach (var annotation in message.Annotations)
                {
                    Committed.Enqueue(annotation);
                }

                return new AnnotationWriteCounts { Created = message.Annotations.Count };
            });
            await After(number, message);
            sum.Created += counts.Created;
            await responseStream.WriteAsync(
                new IngestAnnotationsResponse { AcknowledgedSequence = message.Sequence, Counts = sum.Clone() }, CancellationToken.None);
        }
    }
}
