using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.Learning.Checkpoints;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>
/// Carries out one claimed run: reads the snapshot, trains or goes on with training, publishes. Every write carries the lease's fencing
/// token, so whatever this trainer believes, it changes nothing once another has the run.
/// </summary>
internal sealed partial class RunExecutor(
    RunStore runs, RunStart start, ModelTrainer trainer, TrainerOptions options, TimeProvider time, ILoggerFactory loggers)
{
    // How long native code that cannot be interrupted (an eigendecomposition, say) is waited for before the run's end is written without it.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private readonly ILogger _logger = loggers.CreateLogger<RunExecutor>();

    /// <summary>Carries out a run. Returns when it has ended, was given back, or is another trainer's.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="alive">Called with each sign of life that the database has taken.</param>
    /// <param name="stopping">Signalled when the trainer is to stop: the run is given back.</param>
    public async Task ExecuteAsync(RunLease lease, Action alive, CancellationToken stopping)
    {
        var run = lease.Run;
        LogStarted(run.DatasetId, run.RunId, run.Algorithm, run.Attempt);
        await using var keeper = new LeaseKeeper(lease, runs, options, time, alive, loggers.CreateLogger<LeaseKeeper>(), stopping);
        try
        {
            var model = await TrainAsync(lease, keeper);
            if (model is null)
            {
                return;
            }

            var version = await PersistAsync(token => runs.PublishAsync(lease, model.Files, model.Manifest, token), keeper.Token);
            LogPublished(run.DatasetId, version.ModelId, version.Version, model.Manifest.TrainingSeconds);
        }
        catch (OperationCanceledException) when (keeper.Token.IsCancellationRequested)
        {
            await EndInterruptedAsync(lease, keeper.Reason);
        }
        catch (ServiceException error) when (error.Reason == "STALE_LEASE")
        {
            LogLost(run.DatasetId, run.RunId);
        }
        catch (ServiceException error) when (IsPassing(error))
        {
            // The run is not at fault. Its lease lapses and it is taken up again, here or elsewhere.
            LogAway(run.DatasetId, run.RunId, error.Message);
        }
        catch (Exception error)
        {
            LogFailed(run.DatasetId, run.RunId, error);
            await WriteEndAsync(lease, () => runs.FailAsync(lease, Describe(error), CancellationToken.None));
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

    // Null where the run was interrupted and its end is written.
    private async Task<TrainedFiles?> TrainAsync(RunLease lease, LeaseKeeper keeper)
    {
        var run = lease.Run;
        var settings = AlgorithmCatalogue.Validate(run.Algorithm, run.RequestedSettings);
        await PersistAsync(
            async token =>
            {
                await runs.SetEffectiveSettingsAsync(lease, settings.Effective, token);
                return true;
            },
            keeper.Token);
        await using var progress = new ProgressReporter(lease, runs, time, loggers.CreateLogger<ProgressReporter>(), keeper.Token);
        progress.Report(new RunProgress("read", 0, 1));
        using var beginning = await PersistAsync(token => start.ReadAsync(lease, settings, token), keeper.Token);
        await using var checkpoints = new CheckpointWriter(lease, runs, options, time, loggers.CreateLogger<CheckpointWriter>(), keeper.Token);
        var plan = new CheckpointPlan(() => checkpoints.IsDue, checkpoints.Take, beginning.Resume);
        try
        {
            return await TrainAsync(lease, keeper, beginning, settings, progress, plan);
        }
        catch (CheckpointUnusableException error)
        {
            await PersistAsync(
                async token =>
                {
                    await start.StartOverAsync(lease, $"Its checkpoint is of no use: {error.Message}.", token);
                    return true;
                },
                keeper.Token);
            return await TrainAsync(lease, keeper, beginning, settings, progress, plan with { Resume = null });
        }
    }

    private async Task<TrainedFiles?> TrainAsync(
        RunLease lease, LeaseKeeper keeper, RunBeginning beginning, TrainingSettings settings, ProgressReporter progress, CheckpointPlan plan)
    {
        // Training holds its thread for minutes: it gets one of its own, and the pool keeps its threads for heartbeats.
        var training = Task.Factory.StartNew(
            () => TrainedFiles.Of(
                beginning.Snapshot,
                trainer.Train(beginning.Snapshot, settings, lease.Run.Seed, progress, plan, beginning.WarmStart, keeper.Token), keeper.Token),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(training, GraceAfter(keeper.Token));
        if (training.IsCompleted)
        {
            return await training;
        }

        // Whoever cancelled need not wait. This trainer does: it takes no other run before its thread is free.
        await EndInterruptedAsync(lease, keeper.Reason);
        await Task.WhenAny(training);
        if (training.Exception?.InnerException is { } error)
        {
            LogAfterEnd(lease.Run.DatasetId, lease.Run.RunId, error.Message);
        }

        return null;
    }

    private async Task GraceAfter(CancellationToken interrupted)
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = interrupted.Register(signalled.SetResult);
        await signalled.Task;
        await Task.Delay(Grace, time, CancellationToken.None);
    }

    // Hours of training are not thrown away because the database restarts: as long as the lease is ours, whatever passes is waited for.
    private async Task<T> PersistAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await work(cancel);
            }
            catch (ServiceException error) when (IsPassing(error))
            {
                LogRepeated(error.Message);
                await Task.Delay(options.Heartbeat, time, cancel);
            }
        }
    }

    private static bool IsPassing(ServiceException error) =>
        error.Kind is ErrorKind.Unavailable or ErrorKind.ResourceExhausted
        || (error.Kind == ErrorKind.Aborted && error.Reason != "STALE_LEASE");

    private async Task EndInterruptedAsync(RunLease lease, InterruptionReason reason)
    {
        var run = lease.Run;
        switch (reason)
        {
            case InterruptionReason.CancelRequested:
                LogCancelled(run.DatasetId, run.RunId);
                await WriteEndAsync(lease, () => runs.MarkCancelledAsync(lease, CancellationToken.None));
                break;
            case InterruptionReason.Stopping:
                LogReleased(run.DatasetId, run.RunId);
                await WriteEndAsync(lease, () => runs.ReleaseAsync(lease, CancellationToken.None));
                break;
            default:
                LogLost(run.DatasetId, run.RunId);
                break;
        }
    }

    private async Task WriteEndAsync(RunLease lease, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (ServiceException error) when (error.Reason == "STALE_LEASE" || IsPassing(error))
        {
            // Nothing is owed: another trainer has the run, or the lease lapses and one will.
            LogAway(lease.Run.DatasetId, lease.Run.RunId, error.Message);
        }
    }

    [LoggerMessage(EventId = 30, Level = LogLevel.Information, Message = "Run datasets/{Dataset}/trainingRuns/{Run}: training {Algorithm}, attempt {Attempt}.")]
    private partial void LogStarted(string dataset, string run, string algorithm, int attempt);

    [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "Published datasets/{Dataset}/models/{Model}/versions/{Version}, trained in {Seconds:F1} s.")]
    private partial void LogPublished(string dataset, string model, int version, double seconds);

    [LoggerMessage(EventId = 32, Level = LogLevel.Information, Message = "Run datasets/{Dataset}/trainingRuns/{Run} was cancelled.")]
    private partial void LogCancelled(string dataset, string run);

    [LoggerMessage(EventId = 33, Level = LogLevel.Information, Message = "Run datasets/{Dataset}/trainingRuns/{Run} is given back to the queue.")]
    private partial void LogReleased(string dataset, string run);

    [LoggerMessage(EventId = 34, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} is no longer this trainer's; its work is discarded.")]
    private partial void LogLost(string dataset, string run);

    [LoggerMessage(EventId = 35, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} is left to its lease: {Problem}")]
    private partial void LogAway(string dataset, string run, string problem);

    [LoggerMessage(EventId = 37, Level = LogLevel.Warning, Message = "Once more in a moment: {Problem}")]
    private partial void LogRepeated(string problem);

    [LoggerMessage(EventId = 38, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} had ended when its training broke off: {Problem}")]
    private partial void LogAfterEnd(string dataset, string run, string problem);

    [LoggerMessage(EventId = 36, Level = LogLevel.Error, Message = "Run datasets/{Dataset}/trainingRuns/{Run} failed.")]
    private partial void LogFailed(string dataset, string run, Exception error);
}
