using System.Diagnostics;
using LabelerService.Core.Errors;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Hosting;
using LabelerService.Trainer.Telemetry;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>
/// Carries out one claimed run, whatever its purpose: keeps its lease, has the work done by what its purpose asks for, and writes the end of
/// what does not succeed.
/// </summary>
internal sealed partial class RunExecutor(
    RunStore runs, IEnumerable<IRunWork> work, TrainerOptions options, TrainerMetrics metrics, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<RunExecutor>();

    /// <summary>Carries out a run. Returns when it has ended, was given back, or is another trainer's.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="asked">When it was asked for.</param>
    /// <param name="alive">Called with each sign of life that the database has taken.</param>
    /// <param name="stopping">Signalled when the trainer is to stop: the run is given back.</param>
    public async Task ExecuteAsync(RunLease lease, DateTimeOffset asked, Action alive, CancellationToken stopping)
    {
        var run = lease.Run;
        var claimed = time.GetTimestamp();
        LogStarted(run.DatasetId, run.RunId, run.Algorithm, run.Attempt);

        // Before the activity: signs of life, two a second for hours, are no part of the trace.
        await using var keeper = new LeaseKeeper(lease, runs, options, time, alive, loggers.CreateLogger<LeaseKeeper>(), stopping);
        using var activity = RunTrace.Start(lease, asked, time.GetUtcNow());
        metrics.Began();
        var outcome = AttemptOutcome.Lost;
        try
        {
            outcome = await ExecuteAsync(lease, keeper);
        }
        finally
        {
            metrics.Ended(run.Algorithm, outcome, time.GetElapsedTime(claimed));
            activity?.SetTag("labeler.outcome", outcome.ToString());
            activity?.SetStatus(outcome == AttemptOutcome.Failed ? ActivityStatusCode.Error : ActivityStatusCode.Ok);
        }
    }

    private async Task<AttemptOutcome> ExecuteAsync(RunLease lease, LeaseKeeper keeper)
    {
        var run = lease.Run;
        var attempt = new RunAttempt(lease, keeper, runs, options, time, loggers);
        try
        {
            await work.Single(purpose => purpose.CarriesOut(run)).DoAsync(attempt);
            return AttemptOutcome.Succeeded;
        }
        catch (OperationCanceledException) when (attempt.Interrupted.IsCancellationRequested)
        {
            await attempt.EndInterruptedAsync();
            return keeper.Reason switch
            {
                InterruptionReason.CancelRequested => AttemptOutcome.Cancelled,
                InterruptionReason.Stopping => AttemptOutcome.Released,
                _ => AttemptOutcome.Lost,
            };
        }
        catch (ServiceException error) when (error.Reason == "STALE_LEASE")
        {
            attempt.LogLost(run.DatasetId, run.RunId);
            return AttemptOutcome.Lost;
        }
        catch (ServiceException error) when (RunAttempt.IsPassing(error))
        {
            // The run is not at fault. Its lease lapses and it is taken up again, here or elsewhere.
            attempt.LogAway(run.DatasetId, run.RunId, error.Message);
            return AttemptOutcome.Lost;
        }
        catch (Exception error)
        {
            LogFailed(run.DatasetId, run.RunId, error);
            await attempt.FailAsync(Describe(error));
            return AttemptOutcome.Failed;
        }
    }

    /// <summary>
    /// What the run's owner is told. libtorch puts its whole native stack into a message: only the first line is for others than the log.
    /// </summary>
    internal static string Describe(Exception error)
    {
        if (error is ServiceException known)
        {
            return known.Message;
        }

        var lines = error.Message.AsSpan().Trim().EnumerateLines();
        return lines.MoveNext() && !lines.Current.IsEmpty
            ? $"Training failed: {lines.Current} The trainer's log has more."
            : $"Training failed with {error.GetType().Name}. The trainer's log has more.";
    }

    [LoggerMessage(EventId = 30, Level = LogLevel.Information, Message = "Run datasets/{Dataset}/trainingRuns/{Run}: training {Algorithm}, attempt {Attempt}.")]
    private partial void LogStarted(string dataset, string run, string algorithm, int attempt);

    [LoggerMessage(EventId = 36, Level = LogLevel.Error, Message = "Run datasets/{Dataset}/trainingRuns/{Run} failed.")]
    private partial void LogFailed(string dataset, string run, Exception error);
}
