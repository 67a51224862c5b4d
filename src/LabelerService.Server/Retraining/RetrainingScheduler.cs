using LabelerService.Core.Errors;
using LabelerService.Server.Telemetry;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Retraining;

namespace LabelerService.Server.Retraining;

/// <summary>
/// Looks at retraining policies and starts their runs. Every replica has one; which of them starts a run is decided by the policy's row, so
/// any of them may die at any moment. The clock is the database's.
/// </summary>
internal sealed partial class RetrainingScheduler(
    RetrainingStore policies, DatasetStore datasets, DriftSearcher drift, RetrainingMetrics metrics, TimeProvider time, ILogger<RetrainingScheduler> logger) : BackgroundService
{
    /// <summary>Time between two looks at a policy, whichever replica has them.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // Predictions for some hundred annotations a labeler; whoever takes longer is taken for dead.
    private static readonly TimeSpan DriftLease = TimeSpan.FromMinutes(30);
    private const int Batch = 100;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await LookAsync(stoppingToken) < Batch)
                {
                    await Task.Delay(Pause, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    /// <summary>Looks at the policies that are due.</summary>
    /// <returns>How many there were.</returns>
    internal async Task<int> LookAsync(CancellationToken cancel)
    {
        IReadOnlyList<DuePolicy> due;
        try
        {
            due = await policies.DueAsync(Batch, cancel);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            // Whatever it is, it must not end the server; the next look comes in a moment.
            LogAway(error.Message);
            return 0;
        }

        foreach (var policy in due)
        {
            try
            {
                await LookAsync(policy, cancel);
            }
            catch (ServiceException error)
            {
                // Deleted meanwhile, or the database is away: the policy stays due.
                LogPutOff(policy.DatasetId, policy.PolicyId, error.Message);
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                // One policy must not keep the others from their turn. Its look counts as made.
                LogFailed(policy.DatasetId, policy.PolicyId, error);
            }
        }

        return due.Count;
    }

    private async Task LookAsync(DuePolicy due, CancellationToken cancel)
    {
        if (await datasets.FindAsync(due.DatasetId, cancel) is not { } dataset || dataset.Key != due.DatasetKey)
        {
            return;
        }

        if (await policies.LookAsync(dataset, due.PolicyId, Interval, DriftLease, cancel) is not { } look)
        {
            return;
        }

        var run = look.Run;
        if (look.DriftSearch is { } search)
        {
            var found = await drift.SearchAsync(dataset, search.Policy, search.Look, cancel);
            metrics.Searched(found.Alarm is not null, found.Labelers.Count(labeler => labeler.Result.Alarm));
            run = await policies.FinishDriftSearchAsync(dataset, search, found.Alarm, found.Text, cancel);
        }

        if (run is not null)
        {
            metrics.Started();
            LogStarted(dataset.Id, due.PolicyId, run.RunId, run.RetrainingReason ?? "");
        }
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Information, Message = "datasets/{Dataset}/retrainingPolicies/{Policy} starts run {Run}: {Reason}")]
    private partial void LogStarted(string dataset, string policy, string run, string reason);

    [LoggerMessage(EventId = 401, Level = LogLevel.Warning, Message = "Retraining policies cannot be looked at: {Problem}")]
    private partial void LogAway(string problem);

    [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "datasets/{Dataset}/retrainingPolicies/{Policy} is put off: {Problem}")]
    private partial void LogPutOff(string dataset, string policy, string problem);

    [LoggerMessage(EventId = 403, Level = LogLevel.Error, Message = "The look at datasets/{Dataset}/retrainingPolicies/{Policy} failed.")]
    private partial void LogFailed(string dataset, string policy, Exception error);
}
