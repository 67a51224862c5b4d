using LabelerService.Core.Errors;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Hosting;

/// <summary>Sweeps the registry now and then. Every replica does; row locks see to it that each model is done by one.</summary>
internal sealed partial class ModelSweepService(ModelSweeper sweeper, TimeProvider time, ILogger<ModelSweepService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await SweepAsync(stoppingToken);
                await Task.Delay(Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task SweepAsync(CancellationToken cancel)
    {
        try
        {
            var swept = await sweeper.SweepAsync(cancel);
            if (swept != default)
            {
                LogSwept(swept.Versions, swept.Artefacts);
            }
        }
        catch (ServiceException error)
        {
            LogPutOff(error.Message);
        }
    }

    [LoggerMessage(EventId = 320, Level = LogLevel.Information, Message = "{Versions} versions were deleted as their models' retention has it, {Artefacts} artefacts removed.")]
    private partial void LogSwept(int versions, int artefacts);

    [LoggerMessage(EventId = 321, Level = LogLevel.Warning, Message = "Old versions are kept for another minute: {Problem}")]
    private partial void LogPutOff(string problem);
}
