using LabelerService.Core.Errors;
using LabelerService.Storage.Notifications;

namespace LabelerService.Server.Inference.Routing;

/// <summary>Keeps the <see cref="RouteTable"/> fresh: at once when a model changes, and now and then without notice.</summary>
internal sealed partial class RouteKeeper(RouteTable routes, NotificationListener listener, ILogger<RouteKeeper> logger) : BackgroundService
{
    /// <summary>Time that a change goes unnoticed at most, should its notice be lost.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = listener.Subscribe(NotificationChannel.Models);
        try
        {
            while (true)
            {
                await subscription.WaitAsync(Interval, stoppingToken);
                try
                {
                    await routes.RefreshAsync(null, stoppingToken);
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

    [LoggerMessage(EventId = 213, Level = LogLevel.Warning, Message = "The models' routes could not be read: {Problem}")]
    private partial void LogPutOff(string problem);
}
