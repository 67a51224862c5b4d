using LabelerService.Core.Errors;
using LabelerService.Storage.Backbones;

namespace LabelerService.Server.Hosting;

/// <summary>Bounds what is kept of extracted features. Every replica sweeps; what one has removed the others do not find.</summary>
internal sealed partial class ExtractionSweepService(ExtractionStore extractions, TimeProvider time, ILogger<ExtractionSweepService> logger) : BackgroundService
{
    /// <summary>Bytes of features that are kept; those used last stay.</summary>
    private const long Capacity = 16L << 30;
    private static readonly TimeSpan Unused = TimeSpan.FromDays(30);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, stoppingToken);
                await SweepAsync(stoppingToken);
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
            var items = await extractions.SweepAsync(Unused, Capacity, cancel);
            if (items > 0)
            {
                LogSwept(items);
            }
        }
        catch (ServiceException error)
        {
            LogPutOff(error.Message);
        }
    }

    [LoggerMessage(EventId = 395, Level = LogLevel.Information, Message = "Extracted features of {Items} items were removed: unused, too many, or of items that are gone.")]
    private partial void LogSwept(int items);

    [LoggerMessage(EventId = 396, Level = LogLevel.Warning, Message = "Extracted features are kept for another hour: {Problem}")]
    private partial void LogPutOff(string problem);
}
