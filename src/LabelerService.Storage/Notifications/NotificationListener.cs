using System.Collections.Concurrent;
using LabelerService.Storage.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LabelerService.Storage.Notifications;

/// <summary>
/// One LISTEN connection for the whole process, shared by all subscriptions; opened with the first and reopened when it breaks. After a
/// reconnection every subscription is woken, since notices may have been missed. A notice is a hint: subscribers read the tables, and
/// read them now and then without a notice too.
/// </summary>
public sealed partial class NotificationListener : IAsyncDisposable
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(10);

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger<NotificationListener> _logger;
    private readonly ConcurrentDictionary<NotificationSubscription, byte> _subscriptions = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _start = new();
    private Task? _loop;

    internal NotificationListener(NpgsqlDataSource source, TimeProvider time, ILogger<NotificationListener> logger)
    {
        _source = source;
        _time = time;
        _logger = logger;
    }

    /// <summary>Subscribes. The new subscription is signalled once at the start, when listening has begun.</summary>
    /// <param name="channel">What to hear of.</param>
    /// <param name="key">Only notices with this key; null for all.</param>
    public NotificationSubscription Subscribe(NotificationChannel channel, string? key = null)
    {
        var subscription = new NotificationSubscription(Channels.Name(channel), key, _time, gone => _subscriptions.TryRemove(gone, out _));
        _subscriptions.TryAdd(subscription, 0);
        lock (_start)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _loop ??= Task.Run(() => ListenAsync(_stop.Token));
        }

        // Whether or not the connection is up yet, the first read is due now; a later connect signals again.
        subscription.Signal();
        return subscription;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Task? loop;
        lock (_start)
        {
            loop = _loop;
            _stop.Cancel();
        }

        if (loop is not null)
        {
            await loop;
        }

        _stop.Dispose();
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(stop);
                connection.Notification += (_, notice) => Dispatch(notice.Channel, notice.Payload);
                await Sql.Command(
                    connection,
                    string.Concat(Enum.GetValues<NotificationChannel>().Select(channel => $"LISTEN {Channels.Name(channel)}; "))).ExecuteAsync(stop);
                pause = TimeSpan.FromMilliseconds(100);
                foreach (var subscription in _subscriptions.Keys)
                {
                    subscription.Signal();
                }

                while (true)
                {
                    // A dead peer sends nothing, not even an end: ask now and then.
                    if (!await connection.WaitAsync(KeepAlive, stop))
                    {
                        await Sql.Command(connection, "SELECT 1").ExecuteAsync(stop);
                    }
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.Lost(_logger, exception, pause.TotalMilliseconds);
            }

            try
            {
                await Task.Delay(pause, _time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }

    private void Dispatch(string channel, string payload)
    {
        foreach (var subscription in _subscriptions.Keys)
        {
            if (subscription.Channel == channel && (subscription.Key is null || subscription.Key == payload))
            {
                subscription.Signal();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(521, LogLevel.Warning, "The connection that listens for notifications was lost; trying again in {PauseMs} ms.")]
        public static partial void Lost(ILogger logger, Exception exception, double pauseMs);
    }
}
