using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Storage.Notifications;

namespace LabelerService.Server.Security;

/// <summary>Keeps the <see cref="KeyRing"/> fresh: at once when a key is made or deleted, and now and then without notice.</summary>
internal sealed partial class KeyRingKeeper(
    KeyRing ring, NotificationListener listener, ServerOptions options, TimeProvider time, ILogger<KeyRingKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan StoreInterval = TimeSpan.FromMinutes(1);

    // Often enough that calls need not wait for a refresh of their own.
    private readonly TimeSpan _interval = 0.6 * options.KeyFreshness;

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await ring.StoreUsesAsync(cancellationToken);
        }
        catch (Exception error) when (error is ServiceException or OperationCanceledException)
        {
            LogPutOff(error.Message);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = listener.Subscribe(NotificationChannel.ApiKeys);
        var stored = time.GetTimestamp();
        try
        {
            while (true)
            {
                await subscription.WaitAsync(_interval, stoppingToken);
                try
                {
                    await ring.RefreshNowAsync(stoppingToken);
                    if (time.GetElapsedTime(stored) >= StoreInterval)
                    {
                        await ring.StoreUsesAsync(stoppingToken);
                        stored = time.GetTimestamp();
                    }
                }
                catch (ServiceException error)
                {
                    LogPutOff(error.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    [LoggerMessage(EventId = 325, Level = LogLevel.Warning, Message = "The API keys could not be read or their last use not be stored: {Problem}")]
    private partial void LogPutOff(string problem);
}
