using System.Collections.Concurrent;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Torture;

/// <summary>How a client sends.</summary>
internal enum TortureWay
{
    /// <summary>Acknowledged stream, no request ids: revises only what has been acknowledged.</summary>
    Stream,

    /// <summary>Acknowledged stream, a request id a message: revises anything at any time.</summary>
    StreamWithRequestIds,

    /// <summary>One call a message, with request ids.</summary>
    Unary,
}

/// <summary>
/// A client in the manner of Jepsen: one labeler's messages, some of which revise or retract earlier ones. It remembers what was
/// acknowledged, and sends again what was not.
/// </summary>
internal sealed class TortureClient(string dataset, string labeler, TortureWay way, int items, int seed)
{
    private const int MostRows = 60;
    private const int Window = 6;
    private const int Classes = 3;

    // What a client sees of a service or database that dies under it. Anything else is a defect.
    private static readonly StatusCode[] Breaks = [StatusCode.Unavailable, StatusCode.Cancelled, StatusCode.Aborted];

    private readonly Random _random = new(seed);
    private readonly ConcurrentQueue<TortureMessage> _pending = new();
    private readonly TortureModel _committed = new();
    private int _nextItem;

    public string Labeler => labeler;

    public long Acknowledged { get; private set; }

    public long SentAgain { get; private set; }

    public long AcknowledgedRows { get; private set; }

    /// <summary>What last broke off a run; null if nothing did.</summary>
    public RpcException? Break { get; private set; }

    /// <summary>Sends until told to stop, or until the service breaks off.</summary>
    public async Task RunAsync(RunningService service, CancellationToken stop)
    {
        try
        {
            if (way == TortureWay.Unary)
            {
                await CallAsync(service, stop);
            }
            else
            {
                await StreamAsync(service, stop);
            }
        }
        catch (RpcException error) when (IsBreak(error))
        {
            // What was not acknowledged is sent again in the next round.
            Break = error;
        }
    }

    /// <summary>Sends what is still pending; every message is acknowledged when it returns.</summary>
    public async Task FinishAsync(RunningService service)
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await RunAsync(service, stopped.Token);
        Assert.Empty(_pending);
    }

    /// <summary>
    /// Compares with what is stored: everything acknowledged, then some number of whole messages that were sent after it. What turns out to
    /// be committed stays pending; sending it again must change nothing.
    /// </summary>
    /// <returns>Null, or what is wrong.</returns>
    public string? Check(IReadOnlyDictionary<int, (int? Class, int Revision)> stored)
    {
        var model = _committed.Copy();
        var first = model.Difference(stored);
        if (first is null)
        {
            return null;
        }

        foreach (var message in _pending)
        {
            model.Apply(message);
            if (model.Difference(stored) is null)
            {
                return null;
            }
        }

        return $"{labeler}: {first}; nor is it that with any of the {_pending.Count} messages that were not acknowledged";
    }

    private static bool IsBreak(RpcException error) =>
        Array.IndexOf(Breaks, error.StatusCode) >= 0

        // The transport's own words for a connection that broke: no status of the service came.
        || (error.StatusCode == StatusCode.Internal && error.GetRpcStatus() is null && error.Status.DebugException is not null);

    private async Task CallAsync(RunningService service, CancellationToken stop)
    {
        while (_pending.TryPeek(out var message) || (!stop.IsCancellationRequested && TryCreate(out message)))
        {
            var request = new BatchCreateAnnotationsRequest { Parent = dataset, UnknownLabelers = UnknownLabelers.Register, RequestId = message.RequestId };
            request.Annotations.AddRange(message.Rows.Select(ToAnnotation));
            await service.Annotations.BatchCreateAnnotationsAsync(request, cancellationToken: CancellationToken.None);
            Acknowledge();
        }
    }

    private async Task StreamAsync(RunningService service, CancellationToken stop)
    {
        // A stream without a message is refused. One that is created waits among the pending.
        if (_pending.IsEmpty && (stop.IsCancellationRequested || !TryCreate(out _)))
        {
            return;
        }

        using var call = service.Annotations.IngestAnnotations(cancellationToken: CancellationToken.None);
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
                        Acknowledge();
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

    private void Acknowledge()
    {
        Assert.True(_pending.TryDequeue(out var message));
        _committed.Apply(message);
        Acknowledged++;
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
