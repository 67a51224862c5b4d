using System.Collections.Concurrent;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Faults;

/// <summary>How a client sends.</summary>
internal enum TortureWay
{
    /// <summary>Acknowledged stream, no request ids: revises only what has been acknowledged.</summary>
    Stream,

    /// <summary>Acknowledged stream, a request id a message: revises anything at any time.</summary>
    StreamWithRequestIds,

    /// <summary>One call a message, with request ids; some calls are made again, and must be answered as before.</summary>
    Unary,

    /// <summary>One stream a message, cut anew each time, with request ids: all or none of it.</summary>
    Import,
}

/// <summary>
/// A client in the manner of Jepsen: one labeler's messages, some of which revise or retract earlier ones. It remembers what was
/// acknowledged, and sends again what was not.
/// </summary>
internal sealed class TortureClient(string dataset, string labeler, TortureWay way, int items, int seed) : ITortureClient
{
    private const int MostRows = 60;
    private const int Window = 6;
    private const int Classes = 3;
    private const int RepeatOneIn = 5;

    private readonly Random _random = new(seed);
    private readonly ConcurrentQueue<TortureMessage> _pending = new();
    private readonly List<Acknowledged> _acknowledged = [];
    private int _nextItem;

    public long Acknowledged => _acknowledged.Count;

    public long SentAgain { get; private set; }

    public long AcknowledgedRows { get; private set; }

    /// <summary>The labeler's key.</summary>
    public string Labeler => labeler;

    /// <summary>What last broke off a run; null if nothing did.</summary>
    public RpcException? LastBreak { get; private set; }

    /// <summary>Requests that were made again although they had been answered.</summary>
    public long Repeated { get; private set; }

    public bool IsDone => _pending.IsEmpty;

    public async Task RunAsync(CallInvoker service, CancellationToken stop)
    {
        var annotations = new AnnotationService.AnnotationServiceClient(service);
        try
        {
            await (way switch
            {
                TortureWay.Unary => CallAsync(annotations, stop),
                TortureWay.Import => ImportAsync(annotations, stop),
                _ => StreamAsync(annotations, stop),
            });
        }
        catch (RpcException error) when (Break.Is(error))
        {
            // What was not acknowledged is sent again in the next round.
            LastBreak = error;
        }
    }

    public IReadOnlyList<Finding> Check(StoredState stored) => FaultChecker.Check(labeler, _acknowledged, [.. _pending], stored.Of(labeler));

    private async Task CallAsync(AnnotationService.AnnotationServiceClient service, CancellationToken stop)
    {
        while (_pending.TryPeek(out var message) || (!stop.IsCancellationRequested && TryCreate(out message)))
        {
            Acknowledge(await SendAsync(message));

            // Later revisions do not change what a request was answered.
            if (_random.Next(RepeatOneIn) == 0)
            {
                var place = Math.Max(0, _acknowledged.Count - 1 - _random.Next(20));
                var answer = await SendAsync(_acknowledged[place].Message);
                _acknowledged[place] = _acknowledged[place] with { Answers = [.. _acknowledged[place].Answers, answer] };
                Repeated++;
            }
        }

        async Task<string> SendAsync(TortureMessage message)
        {
            var request = new BatchCreateAnnotationsRequest { Parent = dataset, UnknownLabelers = UnknownLabelers.Register, RequestId = message.RequestId };
            request.Annotations.AddRange(message.Rows.Select(ToAnnotation));
            return $"{(await service.BatchCreateAnnotationsAsync(request, cancellationToken: CancellationToken.None)).Counts}";
        }
    }

    private async Task ImportAsync(AnnotationService.AnnotationServiceClient service, CancellationToken stop)
    {
        while (_pending.TryPeek(out var message) || (!stop.IsCancellationRequested && TryCreate(out message)))
        {
            using var call = service.StreamAnnotations(cancellationToken: CancellationToken.None);
            try
            {
                foreach (var part in message.Rows.Chunk(_random.Next(1, MostRows)))
                {
                    var request = new StreamAnnotationsRequest { Parent = dataset, UnknownLabelers = UnknownLabelers.Register, RequestId = message.RequestId };
                    request.Annotations.AddRange(part.Select(ToAnnotation));
                    await call.RequestStream.WriteAsync(request, CancellationToken.None);
                }

                await call.RequestStream.CompleteAsync();
            }
            catch (Exception error) when (error is RpcException or InvalidOperationException or IOException)
            {
                // The stream has ended: its answer says why.
            }

            Acknowledge($"{(await call.ResponseAsync).Counts}");
        }
    }

    private async Task StreamAsync(AnnotationService.AnnotationServiceClient service, CancellationToken stop)
    {
        // A stream without a message is refused. One that is created waits among the pending.
        if (_pending.IsEmpty && (stop.IsCancellationRequested || !TryCreate(out _)))
        {
            return;
        }

        using var call = service.IngestAnnotations(cancellationToken: CancellationToken.None);
        using var window = new SemaphoreSlim(Window);
        using var ended = new CancellationTokenSource();
        var onTheWay = new ConcurrentQueue<long>();
        var reading = ReadAsync();
        try
        {
            long sequence = 0;
            SentAgain += _pending.Count;
            foreach (var message in _pending.ToArray())
            {
                await SendAsync(message, ++sequence);
            }

            while (!stop.IsCancellationRequested && TryCreate(out var message))
            {
                await SendAsync(message, ++sequence);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException or InvalidOperationException or IOException)
        {
            // The stream has ended: reading it says why. A write into a connection that is being reset may come back as what the transport threw.
        }

        await reading;

        async Task SendAsync(TortureMessage message, long sequence)
        {
            await window.WaitAsync(ended.Token);
            onTheWay.Enqueue(sequence);
            var request = new IngestAnnotationsRequest
            {
                Parent = dataset,
                Sequence = sequence,
                UnknownLabelers = UnknownLabelers.Register,
                RequestId = message.RequestId ?? "",
            };
            request.Annotations.AddRange(message.Rows.Select(ToAnnotation));
            await call.RequestStream.WriteAsync(request, ended.Token);
        }

        async Task ReadAsync()
        {
            try
            {
                while (await call.ResponseStream.MoveNext(CancellationToken.None))
                {
                    while (onTheWay.TryPeek(out var first) && first <= call.ResponseStream.Current.AcknowledgedSequence)
                    {
                        onTheWay.TryDequeue(out _);
                        Acknowledge(null);
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

    private void Acknowledge(string? answer)
    {
        Assert.True(_pending.TryDequeue(out var message));
        _acknowledged.Add(new Acknowledged(message, answer is null ? [] : [answer]));
        AcknowledgedRows += message.Rows.Count;
    }

    // Mostly new items, some old ones: another opinion, or none any more.
    private bool TryCreate(out TortureMessage message)
    {
        var size = _random.Next(1, MostRows + 1);
        var rows = new Dictionary<int, TortureRow>(size);
        var busy = way == TortureWay.Stream ? _pending.SelectMany(pending => pending.Rows.Select(row => row.Item)).ToHashSet() : [];
        for (var i = 0; i < size; i++)
        {
            var old = _nextItem > 0 && (_nextItem == items || _random.Next(3) == 0);
            var item = old ? _random.Next(_nextItem) : _nextItem++;
            if (!busy.Contains(item))
            {
                rows.TryAdd(item, new TortureRow(item, old && _random.Next(4) == 0 ? null : _random.Next(Classes)));
            }
        }

        if (rows.Count == 0)
        {
            rows.Add(0, new TortureRow(0, _random.Next(Classes)));
            if (busy.Contains(0))
            {
                message = null!;
                return false;
            }
        }

        message = new TortureMessage(way == TortureWay.Stream ? null : Guid.NewGuid().ToString(), [.. rows.Values]);
        _pending.Enqueue(message);
        return true;
    }

    private Annotation ToAnnotation(TortureRow row)
    {
        var annotation = new Annotation { ItemId = $"i{row.Item}", LabelerId = labeler };
        if (row.Class is { } index)
        {
            annotation.ClassIndex = index;
        }
        else
        {
            annotation.Retracted = true;
        }

        return annotation;
    }
}
