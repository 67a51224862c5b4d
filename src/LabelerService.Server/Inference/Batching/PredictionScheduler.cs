using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Server.Telemetry;

namespace LabelerService.Server.Inference.Batching;

/// <summary>
/// Runs requests in blocks. A request that comes while a runner is free runs at once, on its caller's thread: batching never makes a lone
/// request wait. Requests that come while all runners are busy wait, and the next free runner takes what waits together as one block. A
/// large request gives each block only a share as long as others wait. Beyond a bound on the wait, requests are refused at once.
/// </summary>
internal sealed class PredictionScheduler : IDisposable
{
    private const int MostPooled = 4_096;

    // An object of old, because runners wait on it.
    private readonly object _gate = new();
    private readonly PredictionLimits _limits;
    private readonly TimeProvider _time;
    private readonly PredictionMetrics _metrics;
    private readonly Thread[] _threads;
    private readonly Stack<PendingPrediction> _pool = new();
    private readonly WaitingPredictions _waiting;
    private readonly PredictionAdmission _admission;
    private int _running;
    private bool _stopped;

    /// <summary>Starts the runners.</summary>
    public PredictionScheduler(PredictionLimits limits, TimeProvider time, PredictionMetrics metrics)
    {
        (_limits, _time, _metrics) = (limits, time, metrics);
        (_waiting, _admission) = (new WaitingPredictions(limits), new PredictionAdmission(limits, time));
        metrics.Watch(() => WaitingRows, () => Running);
        _threads = [.. Enumerable.Range(1, limits.Runners).Select(number => new Thread(Work) { IsBackground = true, Name = $"predictions {number}" })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Items that wait; for tests and figures.</summary>
    public int WaitingRows
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Rows;
            }
        }
    }

    /// <summary>Blocks under way; for tests and figures.</summary>
    public int Running
    {
        get
        {
            lock (_gate)
            {
                return _running;
            }
        }
    }

    /// <summary>Predicts items in a lane.</summary>
    /// <param name="lane">The lane; its model stays loaded until the task is done.</param>
    /// <param name="features">Features, row-major [count, D]; not to be changed until the task is done.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="cancel">Cancels what has not begun.</param>
    /// <exception cref="ServiceException">RESOURCE_EXHAUSTED: too much waits; says when to come again.</exception>
    public ValueTask<PredictedItems> RunAsync(
        BatchLane lane, ReadOnlyMemory<float> features, int count, PredictionOptions options, CancellationToken cancel) =>
        RunAsync(lane, features, default, default, count, options, cancel);

    /// <summary>Predicts items in a lane; the blocks they are in make rows of them, so encoding waits its turn as predicting does.</summary>
    /// <param name="lane">The lane; its model stays loaded until the task is done.</param>
    /// <param name="items">The items, at least one, which the model can encode; not to be changed until the task is done.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="cancel">Cancels what has not begun.</param>
    /// <exception cref="ServiceException">RESOURCE_EXHAUSTED: too much waits; says when to come again.</exception>
    public ValueTask<PredictedItems> RunAsync(BatchLane lane, ReadOnlyMemory<RawItem> items, PredictionOptions options, CancellationToken cancel) =>
        RunAsync(lane, default, items, default, items.Length, options, cancel);

    /// <summary>Predicts items in a lane, of which some have their rows already.</summary>
    /// <param name="lane">The lane; its model stays loaded until the task is done.</param>
    /// <param name="features">Rows, row-major [≤ count, D], of the known ones; not to be changed until the task is done.</param>
    /// <param name="items">The items, at least one, which the model can encode; not to be changed until the task is done.</param>
    /// <param name="known">Whose rows are there, from the first item on.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="cancel">Cancels what has not begun.</param>
    /// <exception cref="ServiceException">RESOURCE_EXHAUSTED: too much waits; says when to come again.</exception>
    public ValueTask<PredictedItems> RunAsync(
        BatchLane lane, ReadOnlyMemory<float> features, ReadOnlyMemory<RawItem> items, ReadOnlyMemory<bool> known, PredictionOptions options,
        CancellationToken cancel) =>
        RunAsync(lane, features, items, known, items.Length, options, cancel);

    private ValueTask<PredictedItems> RunAsync(
        BatchLane lane, ReadOnlyMemory<float> features, ReadOnlyMemory<RawItem> items, ReadOnlyMemory<bool> known, int count,
        PredictionOptions options, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<PredictedItems>(cancel);
        }

        PendingPrediction request;
        bool now;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            now = _running < _limits.Runners && _waiting.OnlyJobs && WaitingPredictions.IsSmall(count, lane);
            if (!now && !lane.Background && _admission.Refusal(_waiting, lane, count) is { } refusal)
            {
                _metrics.Refused();
                return ValueTask.FromException<PredictedItems>(refusal);
            }

            request = _pool.Count > 0 ? _pool.Pop() : new PendingPrediction(this);
            (request.Features, request.Items, request.Known, request.Count) = (features, items, known, count);
            (request.Options, request.Lane, request.Cancel) = (options, lane, cancel);
            request.Answer = PredictedItems.Create(count, lane.Model.ClassCount, lane.Model.HeadCount, options);
            if (now)
            {
                _running++;
            }
            else
            {
                request.Received = _time.GetTimestamp();
                _waiting.Add(request);
                if (_running < _limits.Runners)
                {
                    Monitor.Pulse(_gate);
                }
            }
        }

        if (now)
        {
            return RunNow(request);
        }

        if (cancel.CanBeCanceled)
        {
            // Called at once if it is cancelled already. The waiter, who disposes of it, has not seen the request yet.
            request.Registration = cancel.UnsafeRegister(static state => ((PendingPrediction)state!).Abandon(), request);
        }

        return request.Task;
    }

    /// <summary>Takes a request back that nobody waits for any more.</summary>
    internal void Return(PendingPrediction request)
    {
        request.Reset();
        lock (_gate)
        {
            if (_pool.Count < MostPooled)
            {
                _pool.Push(request);
            }
        }
    }

    /// <summary>A request's caller has gone: what has not begun is not begun any more.</summary>
    internal void Abandon(PendingPrediction request)
    {
        lock (_gate)
        {
            if (request.Completed || request.Failure is not null)
            {
                return;
            }

            request.Failure = new OperationCanceledException(request.Cancel);
            _waiting.Withdraw(request);
            if (request.InFlight > 0)
            {
                // Its features are being read: the caller may have them back when that is over.
                return;
            }

            request.Completed = true;
        }

        request.Complete();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }

        foreach (var request in _waiting.TakeAll())
        {
            (request.Failure, request.Completed) = (Stopped(), true);
            request.Complete();
        }
    }

    private static ServiceException Stopped() => new(ErrorKind.Unavailable, "SERVER_STOPPING", "The server is stopping. Call again.");

    private ValueTask<PredictedItems> RunNow(PendingPrediction request)
    {
        var (lane, answer) = (request.Lane!, request.Answer);
        var part = new BlockPart(request, 0, request.Count);
        var started = _time.GetTimestamp();
        Exception? failure = null;
        try
        {
            lane.Model.Run(new ReadOnlySpan<BlockPart>(in part), lane.Distilled);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        lock (_gate)
        {
            EndBlock(lane, part.Count, started);
        }

        _metrics.Block(part.Count);
        Tell(part.Count, started, lane.Background, failure);
        Return(request);
        return failure is null ? new ValueTask<PredictedItems>(answer) : ValueTask.FromException<PredictedItems>(failure);
    }

    private void Work()
    {
        var parts = new BlockPart[64];
        while (true)
        {
            BatchLane lane;
            int count, rows;
            lock (_gate)
            {
                while (!_stopped && (_running >= _limits.Runners || _waiting.IsEmpty))
                {
                    Monitor.Wait(_gate);
                }

                if (_stopped)
                {
                    return;
                }

                lane = _waiting.NextLane();
                count = _waiting.TakeBlock(lane, ref parts, out rows);
                if (count == 0)
                {
                    // All that waited there was cancelled.
                    continue;
                }

                _running++;
                if (lane.First is not null && _running < _limits.Runners)
                {
                    // Another runner can go on with what is left.
                    Monitor.Pulse(_gate);
                }
            }

            var block = parts.AsSpan(0, count);
            var started = _time.GetTimestamp();
            RunBlock(lane, block);
            Finish(lane, block, rows, started);
            block.Clear();
        }
    }

    private static void RunBlock(BatchLane lane, ReadOnlySpan<BlockPart> parts)
    {
        try
        {
            lane.Model.Run(parts, lane.Distilled);
        }
        catch (Exception exception)
        {
            if (parts.Length == 1)
            {
                parts[0].Request.Failure ??= exception;
                return;
            }

            // One of them may be to blame; the others shall not suffer.
            for (var i = 0; i < parts.Length; i++)
            {
                RunBlock(lane, parts.Slice(i, 1));
            }
        }
    }

    private void Finish(BatchLane lane, Span<BlockPart> parts, int rows, long started)
    {
        var done = 0;
        lock (_gate)
        {
            foreach (var part in parts)
            {
                var request = part.Request;
                request.InFlight--;
                if (request.Failure is not null)
                {
                    _waiting.Withdraw(request);
                }

                if (request is { InFlight: 0, Completed: false } && (request.Failure is not null || request.Remaining == 0))
                {
                    request.Completed = true;
                    parts[done++] = part;
                }
            }

            EndBlock(lane, rows, started);
        }

        _metrics.Block(rows);
        foreach (var part in parts[..done])
        {
            // Before its waiter is told, who gives the request back.
            Tell(part.Request.Count, part.Request.Received, lane.Background, part.Request.Failure);
            part.Request.Complete();
        }
    }

    private void Tell(int items, long received, bool background, Exception? failure)
    {
        if (failure is null)
        {
            _metrics.Answered(items, _time.GetElapsedTime(received), background);
        }
        else if (failure is not OperationCanceledException)
        {
            _metrics.Failed();
        }
    }

    private void EndBlock(BatchLane lane, int rows, long started)
    {
        _running--;
        lane.Measured(rows, _time.GetElapsedTime(started).TotalSeconds);
        if (!_waiting.IsEmpty)
        {
            Monitor.Pulse(_gate);
        }
    }
}
