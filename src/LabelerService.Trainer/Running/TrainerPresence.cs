using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>Tells the service that this trainer is there, and how many runs it takes at once; takes it off the list when it stops.</summary>
internal sealed partial class TrainerPresence(
    TrainerStore trainers, DatabaseHealth database, TrainerSign sign, TrainerOptions options, TimeProvider time, ILogger<TrainerPresence> logger)
    : BackgroundService
{
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seen = false;
        try
        {
            while (true)
            {
                if (seen || (await database.CheckAsync(stoppingToken)).Ready)
                {
                    seen |= await BeatAsync(stoppingToken);
                }

                await Task.Delay(seen ? options.Lease / 5 : options.Heartbeat, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            if (seen)
            {
                await LeaveAsync();
            }
        }
    }

    private async Task<bool> BeatAsync(CancellationToken stopping)
    {
        try
        {
            await trainers.BeatAsync(sign, options.Lease, stopping);
            return true;
        }
        catch (ServiceException error)
        {
            // Nothing depends on it but what people see; the worker says what is wrong with the database.
            LogMissed(error.Message);
            return false;
        }
    }

    private async Task LeaveAsync()
    {
        using var limit = new CancellationTokenSource(LeaveTimeout, time);
        try
        {
            await trainers.LeaveAsync(sign.Id, limit.Token);
        }
        catch (Exception error) when (error is ServiceException or OperationCanceledException)
        {
            LogMissed(error.Message);
        }
    }

    [LoggerMessage(EventId = 62, Level = LogLevel.Debug, Message = "The list of trainers was not told: {Problem}")]
    private partial void LogMissed(string problem);
}
