namespace LabelerService.Storage.Notifications;

/// <summary>Waits for notices. Any number of notices between two waits count as one.</summary>
public sealed class NotificationSubscription : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly TimeProvider _time;
    private readonly Action<NotificationSubscription> _onDispose;
    private bool _disposed;

    internal NotificationSubscription(string channel, string? key, TimeProvider time, Action<NotificationSubscription> onDispose)
    {
        Channel = channel;
        Key = key;
        _time = time;
        _onDispose = onDispose;
    }

    internal string Channel { get; }

    internal string? Key { get; }

    /// <summary>Waits until there was a notice since the last wait, or for <paramref name="atMost"/>.</summary>
    /// <returns>Whether there was a notice; read the tables in either case.</returns>
    public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(atMost, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await _signal.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _onDispose(this);
        lock (_signal)
        {
            _disposed = true;
            _signal.Dispose();
        }
    }

    internal void Signal()
    {
        lock (_signal)
        {
            if (!_disposed && _signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }
}
