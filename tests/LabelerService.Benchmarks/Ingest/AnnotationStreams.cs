using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Ingest;

/// <summary>How annotations are sent.</summary>
/// <param name="Streams">Bidirectional streams side by side.</param>
/// <param name="Batch">Annotations a message.</param>
/// <param name="Window">Messages of a stream that may wait for their acknowledgement.</param>
/// <param name="Full">Whether rows carry confidence, duration and time.</param>
internal sealed record StreamShape(int Streams, int Batch, int Window, bool Full);

/// <summary>What sending took.</summary>
/// <param name="Seconds">From the first message to the last acknowledgement.</param>
/// <param name="AcknowledgementMs">Milliseconds from each message's sending to its acknowledgement.</param>
internal sealed record StreamTimes(double Seconds, double[] AcknowledgementMs);

/// <summary>Sends annotations as a client would: over acknowledged streams, a window of messages on the way.</summary>
internal sealed class AnnotationStreams(ServiceConnection service, TimeProvider time)
{
    /// <param name="dataset">Id of the dataset.</param>
    /// <param name="rows">The rows; all are sent.</param>
    /// <param name="shape">How.</param>
    /// <param name="acknowledged">Told the rows of each acknowledged message, from any stream.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<StreamTimes> SendAsync(
        string dataset, AnnotationRows rows, StreamShape shape, Action<int> acknowledged, CancellationToken cancel)
    {
        var latencies = new ConcurrentBag<double>();
        var start = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, shape.Streams).Select(stream => Task.Run(
            () => StreamAsync(dataset, rows, shape, stream, latencies, acknowledged, cancel), cancel)));
        return new StreamTimes(time.GetElapsedTime(start).TotalSeconds, [.. latencies.Order()]);
    }

    private async Task StreamAsync(
        string dataset, AnnotationRows rows, StreamShape shape, int stream, ConcurrentBag<double> latencies, Action<int> acknowledged,
        CancellationToken cancel)
    {
        using var call = service.Annotations.IngestAnnotations(cancellationToken: cancel);
        using var window = new SemaphoreSlim(shape.Window);
        var sent = new ConcurrentQueue<(long Sequence, long Start, int Rows)>();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = ReadAsync();
        try
        {
            var message = new IngestAnnotationsRequest { Parent = $"datasets/{dataset}" };
            var reused = Enumerable.Range(0, shape.Batch).Select(_ => NewAnnotation(shape.Full)).ToArray();
            long sequence = 0;
            for (long number = stream; number < rows.Count;)
            {
                message.Annotations.Clear();
                for (; message.Annotations.Count < shape.Batch && number < rows.Count; number += shape.Streams)
                {
                    var (item, labeler, classIndex) = rows[number];
                    var annotation = reused[message.Annotations.Count];
                    annotation.ItemId = AnnotationRows.ItemId(item);
                    annotation.LabelerId = AnnotationRows.LabelerId(labeler);
                    annotation.ClassIndex = classIndex;
                    message.Annotations.Add(annotation);
                }

                message.Sequence = ++sequence;
                await window.WaitAsync(ended.Token);
                sent.Enqueue((sequence, time.GetTimestamp(), message.Annotations.Count));
                await call.RequestStream.WriteAsync(message, ended.Token);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or RpcException && !cancel.IsCancellationRequested)
        {
            // The service ended the stream: its answer says why.
            await reading;
            throw;
        }

        await reading;
        if (!sent.IsEmpty)
        {
            throw new IOException($"stream {stream}: the service ended it with {sent.Count} messages not acknowledged");
        }

        async Task ReadAsync()
        {
            try
            {
                while (await call.ResponseStream.MoveNext(cancel))
                {
                    while (sent.TryPeek(out var first) && first.Sequence <= call.ResponseStream.Current.AcknowledgedSequence)
                    {
                        sent.TryDequeue(out _);
                        latencies.Add(time.GetElapsedTime(first.Start).TotalMilliseconds);
                        acknowledged(first.Rows);
                        window.Release();
                    }
                }
            }
            finally
            {
                await ended.CancelAsync();
            }
        }
    }

    private Annotation NewAnnotation(bool full) => full
        ? new Annotation
        {
            Confidence = 0.75f,
            Duration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1_500)),
            AnnotateTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        }
        : new Annotation();
}
