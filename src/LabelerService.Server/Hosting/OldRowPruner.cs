using LabelerService.Core.Errors;
using LabelerService.Storage.Insight;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Security;

namespace LabelerService.Server.Hosting;

/// <summary>
/// Forgets old request ids, which transactions wrote what long ago, and what keys wrote on days gone by, so that their tables stay as large as a
/// week's requests, two days' writes and a month's days. Every replica may do it.
/// </summary>
internal sealed partial class OldRowPruner(
    RequestIdStore requests, InsightReader insight, ApiKeyStore keys, TimeProvider time, ILogger<OldRowPruner> logger) : BackgroundService
{
    // Far beyond any client's retries; the protos promise nothing longer.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    // What was read before that is read as a whole again, once.
    private static readonly TimeSpan WriteLifetime = TimeSpan.FromDays(2);

    // Only today's is asked for; the rest is for whoever looks into the table.
    private static readonly TimeSpan KeyUseLifetime = TimeSpan.FromDays(31);
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
            await keys.PruneUsesAsync(KeyUseLifetime, cancel);
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
