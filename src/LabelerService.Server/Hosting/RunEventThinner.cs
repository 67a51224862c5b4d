using LabelerService.Core.Errors;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.Hosting;

/// <summary>Thins out the progress of runs that ended, so that a run of days leaves no more than one of minutes. Every replica may do it.</summary>
internal sealed partial class RunEventThinner(RunStore runs, TimeProvider time, ILogger<RunEventThinner> logger) : BackgroundService
{
    // Whoever lost the connection to a watch at the run's end has come back by then.
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private const int Kept = 500;
    private const int Batch = 100;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await ThinAsync(stoppingToken) < Batch)
                {
                    await Task.Delay(Interval, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task<int> ThinAsync(CancellationToken cancel)
    {
        try
        {
            return await runs.ThinEventsAsync(Age, Kept, Batch, cancel);
        }
        catch (ServiceException error)
        {
            LogPutOff(error.Message);
            return 0;
        }
    }

    [LoggerMessage(EventId = 322, Level = LogLevel.Warning, Message = "Events of ended runs are thinned out later: {Problem}")]
    private partial void LogPutOff(string problem);
}
