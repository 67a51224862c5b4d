using LabelerService.Core.Errors;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Predictions;

namespace LabelerService.Server.Inference.Jobs;

/// <summary>Takes prediction jobs from the queue, one at a time; every replica does.</summary>
internal sealed partial class PredictionJobWorker(
    PredictionJobStore jobs, PredictionJobRunner runner, NotificationListener listener, ILogger<PredictionJobWorker> logger) : BackgroundService
{
    // Finds jobs whose server died, which nobody announces.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    private readonly string _name = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var queue = listener.Subscribe(NotificationChannel.PredictionJobs);
        try
        {
            while (true)
            {
                if (await ClaimAsync(stoppingToken) is { } lease)
                {
                    await runner.RunAsync(lease, stoppingToken);
                }
                else
                {
                    await queue.WaitAsync(Poll, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task<PredictionJobLease?> ClaimAsync(CancellationToken stopping)
    {
        try
        {
            return await jobs.TryClaimAsync(_name, PredictionJobRunner.Lease, stopping);
        }
        catch (ServiceException error)
        {
            LogAway(error.Message);
            return null;
        }
    }

    [LoggerMessage(EventId = 245, Level = LogLevel.Warning, Message = "The queue of prediction jobs cannot be read: {Problem}")]
    private partial void LogAway(string problem);
}
