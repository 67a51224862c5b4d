using LabelerService.Storage.Notifications;

namespace LabelerService.Server.Inference.Routing;

/// <summary>Keeps the <see cref="RouteTable"/> fresh: at once when a model changes, and now and then without notice.</summary>
internal sealed class RouteKeeper(RouteTable routes, NotificationListener listener) : BackgroundService
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
                await routes.CatchUpAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
