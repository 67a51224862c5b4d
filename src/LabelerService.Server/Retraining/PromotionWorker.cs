using LabelerService.Core.Errors;
using LabelerService.Server.Telemetry;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Retraining;

namespace LabelerService.Server.Retraining;

/// <summary>
/// Takes up decisions about runs that have ended, one at a time. Every replica has one; a lease keeps two from comparing the same, and its
/// token from writing twice. A decision whose server died is taken up by another after the lease.
/// </summary>
internal sealed partial class PromotionWorker(
    PromotionStore promotions, DatasetStore datasets, PromotionDecider decider, RetrainingMetrics metrics, TimeProvider time,
    ILogger<PromotionWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // What fails every time, for a reason of ours, is not tried for ever.
    private const int MaximumAttempts = 5;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (!await DecideOneAsync(stoppingToken))
                {
                    await Task.Delay(Pause, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; the lease lapses, and another replica goes on.
        }
    }

    /// <summary>Takes one decision, if one is open.</summary>
    /// <returns>Whether one was decided.</returns>
    internal async Task<bool> DecideOneAsync(CancellationToken cancel)
    {
        try
        {
            return await promotions.TryTakeAsync(Lease, cancel) is { } lease
                && await datasets.FindAsync(lease.Open.DatasetId, cancel) is { } dataset && dataset.Key == lease.Open.DatasetKey
                && await DecideAsync(dataset, lease, cancel);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            // Whatever it is, it must not end the server; the lease lapses, and the decision is taken up again.
            LogAway(error.Message);
            return false;
        }
    }

    private async Task<bool> DecideAsync(DatasetRecord dataset, PromotionLease lease, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var renewing = RenewAsync(lease, stop);
        PromotionVerdict verdict;
        try
        {
            verdict = await decider.DecideAsync(lease, stop.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            LogLost(lease.Open.DatasetId, lease.Open.RunId);
            return false;
        }
        catch (Exception error) when (error is not (OperationCanceledException or ServiceException))
        {
            LogFailed(lease.Open.DatasetId, lease.Open.RunId, error);
            if (lease.Attempt < MaximumAttempts)
            {
                return false;
            }

            verdict = new PromotionVerdict(
                PromotionOutcome.NotCompared, $"the two could not be compared in {lease.Attempt} attempts; the server's log says why", null);
        }
        finally
        {
            await stop.CancelAsync();
            await renewing;
        }

        return await WriteAsync(dataset, lease, verdict, cancel);
    }

    private async Task<bool> WriteAsync(DatasetRecord dataset, PromotionLease lease, PromotionVerdict verdict, CancellationToken cancel)
    {
        try
        {
            if (!await promotions.DecideAsync(dataset, lease, verdict, cancel))
            {
                LogLost(lease.Open.DatasetId, lease.Open.RunId);
                return false;
            }
        }
        catch (ServiceException error) when (error.Reason == "CHAMPION_CHANGED")
        {
            // Compared with a champion that is none any more: once more, with the new one.
            LogAgain(lease.Open.DatasetId, lease.Open.RunId, error.Message);
            await promotions.GiveBackAsync(lease, cancel);
            return true;
        }
        catch (ServiceException error) when (error.Kind == ErrorKind.NotFound && lease.Open.Candidate is not null)
        {
            // The candidate was deleted: there is nothing to give an alias to.
            var gone = lease with { Open = lease.Open with { Candidate = null } };
            return await promotions.DecideAsync(dataset, gone, new PromotionVerdict(PromotionOutcome.NoCandidate, error.Message, null), cancel);
        }

        metrics.Decided(verdict.Outcome);
        LogDecided(dataset.Id, lease.Open.PolicyId, lease.Open.RunId, verdict.Outcome, verdict.Reason);
        return true;
    }

    // Comparing may take minutes, and another server must not start the same meanwhile.
    private async Task RenewAsync(PromotionLease lease, CancellationTokenSource stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Renewal, time, stop.Token);
                if (!await promotions.RenewAsync(lease, Lease, stop.Token))
                {
                    await stop.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Decided.
        }
        catch (Exception error)
        {
            // The token still keeps a decision from being written twice.
            LogAway(error.Message);
        }
    }

    [LoggerMessage(EventId = 410, Level = LogLevel.Information, Message = "datasets/{Dataset}/retrainingPolicies/{Policy}, run {Run}: {Outcome}, {Reason}")]
    private partial void LogDecided(string dataset, string policy, string run, PromotionOutcome outcome, string reason);

    [LoggerMessage(EventId = 411, Level = LogLevel.Warning, Message = "Decisions about promotions are put off: {Problem}")]
    private partial void LogAway(string problem);

    [LoggerMessage(EventId = 412, Level = LogLevel.Warning, Message = "The decision about datasets/{Dataset}/trainingRuns/{Run} is another server's now.")]
    private partial void LogLost(string dataset, string run);

    [LoggerMessage(EventId = 413, Level = LogLevel.Information, Message = "The decision about datasets/{Dataset}/trainingRuns/{Run} is taken anew: {Problem}")]
    private partial void LogAgain(string dataset, string run, string problem);

    [LoggerMessage(EventId = 414, Level = LogLevel.Error, Message = "Comparing datasets/{Dataset}/trainingRuns/{Run} with the champion failed.")]
    private partial void LogFailed(string dataset, string run, Exception error);
}
