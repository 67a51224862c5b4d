using LabelerService.Core.Errors;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>
/// One attempt at a run by the trainer that holds its lease: how work of any purpose computes, waits, writes and is interrupted. Every write
/// carries the lease's fencing token, so whatever this trainer believes, it changes nothing once another has the run.
/// </summary>
internal sealed partial class RunAttempt(
    RunLease lease, LeaseKeeper keeper, RunStore runs, TrainerOptions options, TimeProvider time, ILoggerFactory loggers)
{
    // How long native code that cannot be interrupted (an eigendecomposition, say) is waited for before the run's end is written without it.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private readonly ILogger _logger = loggers.CreateLogger<RunAttempt>();
    private bool _ended;

    /// <summary>The claim.</summary>
    public RunLease Lease => lease;

    /// <summary>The run as claimed.</summary>
    public RunRecord Run => lease.Run;

    /// <summary>Cancelled when the run has to be interrupted.</summary>
    public CancellationToken Interrupted => keeper.Token;

    /// <summary>Begins to report progress; to be disposed of before the run's end is written.</summary>
    public ProgressReporter ReportProgress() => new(lease, runs, time, loggers.CreateLogger<ProgressReporter>(), Interrupted);

    /// <summary>Begins to take checkpoints; to be disposed of before the run's end is written.</summary>
    /// <param name="stepsBefore">Steps that the run had done before those that the checkpoints count.</param>
    public CheckpointWriter WriteCheckpoints(long stepsBefore = 0) =>
        new(lease, runs, options, time, loggers.CreateLogger<CheckpointWriter>(), Interrupted) { StepsBefore = stepsBefore };

    /// <summary>
    /// Reads or writes through a restart of the database: hours of training are not thrown away because of it. As long as the lease is
    /// ours, whatever passes is waited for.
    /// </summary>
    public async Task<T> PersistAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        while (true)
        {
            try
            {
                return await work(Interrupted);
            }
            catch (ServiceException error) when (IsPassing(error))
            {
                LogRepeated(error.Message);
                await Task.Delay(options.Heartbeat, time, Interrupted);
            }
        }
    }

    /// <inheritdoc cref="PersistAsync{T}"/>
    public Task PersistAsync(Func<CancellationToken, Task> work) => PersistAsync(async token =>
    {
        await work(token);
        return true;
    });

    /// <summary>
    /// Computes what takes minutes, on a thread of its own: the pool keeps its threads for heartbeats. Whoever cancels need not wait for
    /// code that cannot be interrupted: the run's end is written without it. This trainer does: it takes no other run before its thread is free.
    /// </summary>
    /// <exception cref="OperationCanceledException">The run was interrupted.</exception>
    public async Task<T> ComputeAsync<T>(Func<CancellationToken, T> work)
    {
        var computing = Task.Factory.StartNew(
            () => work(Interrupted), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(computing, GraceAfterInterruption());
        if (computing.IsCompleted)
        {
            return await computing;
        }

        await EndInterruptedAsync();
        await Task.WhenAny(computing);
        if (computing.Exception?.InnerException is { } error)
        {
            LogAfterEnd(Run.DatasetId, Run.RunId, error.Message);
        }

        throw new OperationCanceledException(Interrupted);
    }

    /// <summary>Ends the attempt as the reason of its interruption demands; once.</summary>
    public async Task EndInterruptedAsync()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        switch (keeper.Reason)
        {
            case InterruptionReason.CancelRequested:
                LogCancelled(Run.DatasetId, Run.RunId);
                await WriteEndAsync(() => runs.MarkCancelledAsync(lease, CancellationToken.None));
                break;
            case InterruptionReason.Stopping:
                LogReleased(Run.DatasetId, Run.RunId);
                await WriteEndAsync(() => runs.ReleaseAsync(lease, CancellationToken.None));
                break;
            default:
                LogLost(Run.DatasetId, Run.RunId);
                break;
        }
    }

    /// <summary>Writes the end of a run that failed.</summary>
    public Task FailAsync(string reason) => WriteEndAsync(() => runs.FailAsync(lease, reason, CancellationToken.None));

    /// <summary>Whether what went wrong passes by itself, and is not the run's fault.</summary>
    public static bool IsPassing(ServiceException error) =>
        error.Kind is ErrorKind.Unavailable or ErrorKind.ResourceExhausted
        || (error.Kind == ErrorKind.Aborted && error.Reason != "STALE_LEASE");

    private async Task GraceAfterInterruption()
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = Interrupted.Register(signalled.SetResult);
        await signalled.Task;
        await Task.Delay(Grace, time, CancellationToken.None);
    }

    private async Task WriteEndAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (ServiceException error) when (error.Reason == "STALE_LEASE" || IsPassing(error))
        {
            // Nothing is owed: another trainer has the run, or the lease lapses and one will.
            LogAway(Run.DatasetId, Run.RunId, error.Message);
        }
    }

    [LoggerMessage(EventId = 32, Level = LogLevel.Information, Message = "Run datasets/{Dataset}/trainingRuns/{Run} was cancelled.")]
    private partial void LogCancelled(string dataset, string run);

    [LoggerMessage(EventId = 33, Level = LogLevel.Information, Message = "Run datasets/{Dataset}/trainingRuns/{Run} is given back to the queue.")]
    private partial void LogReleased(string dataset, string run);

    [LoggerMessage(EventId = 34, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} is no longer this trainer's; its work is discarded.")]
    internal partial void LogLost(string dataset, string run);

    [LoggerMessage(EventId = 35, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} is left to its lease: {Problem}")]
    internal partial void LogAway(string dataset, string run, string problem);

    [LoggerMessage(EventId = 37, Level = LogLevel.Warning, Message = "Once more in a moment: {Problem}")]
    private partial void LogRepeated(string problem);

    [LoggerMessage(EventId = 38, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} had ended when its training broke off: {Problem}")]
    private partial void LogAfterEnd(string dataset, string run, string problem);
}
