namespace LabelerService.Server.Insight;

/// <summary>Work that is done once, however many wait for it. It is cancelled when the last of them gives up.</summary>
internal sealed class SharedWork<T>
{
    private readonly Lock _gate = new();
    private readonly Action _cancel;
    private readonly List<IProgress<InsightProgress>> _listeners = [];
    private readonly Task<T> _task;
    private InsightProgress? _last;
    private int _waiters = 1;
    private bool _abandoned;

    /// <summary>Begins the work, with a place for whoever begins it: <see cref="WaitAsync"/> is to be called once.</summary>
    /// <param name="work">The work, on a thread of the pool.</param>
    public SharedWork(Func<IProgress<InsightProgress>, CancellationToken, Task<T>> work)
    {
        // Without a timer there is nothing in it to be disposed of.
        var source = new CancellationTokenSource();
        _cancel = source.Cancel;
        var fan = new Fan(this);
        _task = Task.Run(() => work(fan, source.Token));
    }

    /// <summary>Whether the result is there.</summary>
    public bool IsDone => _task.IsCompletedSuccessfully;

    /// <summary>The result, once it is there.</summary>
    public T Result => IsDone ? _task.GetAwaiter().GetResult() : throw new InvalidOperationException("The work is not done.");

    /// <summary>Whether no result will come of it.</summary>
    public bool IsLost => _task.IsFaulted || _task.IsCanceled || Volatile.Read(ref _abandoned);

    /// <summary>Takes a place among those who wait: <see cref="WaitAsync"/> is to be called once. False where no result will come of it.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (IsLost)
            {
                return false;
            }

            _waiters++;
            return true;
        }
    }

    /// <summary>Waits for the result, and leaves.</summary>
    /// <param name="progress">Told how far the work is, from where it is now.</param>
    /// <param name="cancel">Ends the waiting; and the work, if nobody else waits.</param>
    public async Task<T> WaitAsync(IProgress<InsightProgress>? progress, CancellationToken cancel)
    {
        Listen(progress);
        try
        {
            return await _task.WaitAsync(cancel);
        }
        finally
        {
            Leave(progress);
        }
    }

    private void Listen(IProgress<InsightProgress>? progress)
    {
        if (progress is null || _task.IsCompleted)
        {
            return;
        }

        lock (_gate)
        {
            _listeners.Add(progress);
            if (_last is { } last)
            {
                progress.Report(last);
            }
        }
    }

    private void Leave(IProgress<InsightProgress>? progress)
    {
        lock (_gate)
        {
            if (progress is not null)
            {
                _listeners.Remove(progress);
            }

            if (--_waiters > 0 || _task.IsCompleted)
            {
                return;
            }

            _abandoned = true;
        }

        // Whatever it ends with, nobody is there to hear of it.
        _ = _task.ContinueWith(
            static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _cancel();
    }

    private sealed class Fan(SharedWork<T> work) : IProgress<InsightProgress>
    {
        public void Report(InsightProgress value)
        {
            lock (work._gate)
            {
                work._last = value;
                foreach (var listener in work._listeners)
                {
                    listener.Report(value);
                }
            }
        }
    }
}
