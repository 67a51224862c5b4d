using LabelerService.Core.Errors;
using LabelerService.Storage.Insight;
using LabelerService.Storage.Requests;

namespace LabelerService.Server.Hosting;

/// <summary>
/// Forgets old request ids, and which transactions wrote what long ago, so that their tables stay as large as a week's requests and two
/// days' writes. Every replica may do it.
/// </summary>
internal sealed partial class OldRowPruner(RequestIdStore requests, InsightReader insight, TimeProvider time, ILogger<OldRowPruner> logger) : BackgroundService
{
    // Far beyond any client's retries; the protos promise nothing longer.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    // What was read before that is read as a whole again, once.
    private static readonly TimeSpan WriteLifetime = TimeSpan.FromDays(2);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await PruneAsync(stoppingToken);
                await Task.Delay(Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task PruneAsync(CancellationToken cancel)
    {
        try
        {
            var pruned = await requests.PruneAsync(Lifetime, cancel);
            if (pruned > 0)
            {
                LogPruned(pruned);
            }

            await insight.PruneAsync(WriteLifetime, cancel);
        }
        catch (ServiceException error)
        {
            LogPutOff(error.Message);
        }
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Information, Message = "{Count} old request ids are forgotten.")]
    private partial void LogPruned(int count);

    [LoggerMessage(EventId = 311, Level = LogLevel.Warning, Message = "Old request ids are kept for another hour: {Problem}")]
    private partial void LogPutOff(string problem);
}
