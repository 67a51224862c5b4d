using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;
using LabelerService.Learning.Checkpoints;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>What a run begins with.</summary>
/// <param name="Snapshot">The data; owned.</param>
/// <param name="Resume">What it goes on from; null to begin at the beginning.</param>
/// <param name="WarmStart">Weights that it starts from at the beginning; null for none.</param>
internal sealed record RunBeginning(TrainingSnapshot Snapshot, TrainingCheckpoint? Resume, WarmStartWeights? WarmStart) : IDisposable
{
    public void Dispose() => Snapshot.Dispose();
}

/// <summary>
/// Finds out where a claimed run begins: at the beginning, with the data as it is now, or where another trainer left it, with the data that
/// it began with. What cannot be gone on from is never guessed at: the run starts over, and says why.
/// </summary>
internal sealed partial class RunStart(
    RunStore runs, SnapshotReader snapshots, DatasetStore datasets, ModelStore models, ArtefactStore artefacts, ModelTrainer trainer,
    ILogger<RunStart> logger)
{
    /// <summary>Reads data and checkpoint, and records what it found.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE), or what reading a snapshot may fail with.</exception>
    public async Task<RunBeginning> ReadAsync(RunLease lease, TrainingSettings settings, CancellationToken cancel)
    {
        var run = lease.Run;
        var warmStart = await WarmStartAsync(run, settings, cancel);
        if (await runs.ReadCheckpointAsync(lease, cancel) is not { } kept)
        {
            return await BeginAsync(lease, warmStart, cancel);
        }

        TrainingSnapshot snapshot;
        try
        {
            snapshot = await snapshots.ReadPinnedAsync(run.DatasetId, kept.Pin, cancel);
        }
        catch (ServiceException error) when (error.Reason == "SNAPSHOT_CHANGED")
        {
            await StartOverAsync(lease, error.Message, cancel);
            return await BeginAsync(lease, warmStart, cancel);
        }

        try
        {
            return new RunBeginning(snapshot, await ResumeAsync(lease, kept, snapshot, settings, warmStart, cancel), warmStart);
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    /// <summary>Records that a run starts over.</summary>
    public async Task StartOverAsync(RunLease lease, string reason, CancellationToken cancel)
    {
        LogStartedOver(lease.Run.DatasetId, lease.Run.RunId, reason);
        await runs.MarkStartedOverAsync(lease, reason, cancel);
    }

    private async Task<WarmStartWeights?> WarmStartAsync(RunRecord run, TrainingSettings settings, CancellationToken cancel)
    {
        if (run.WarmStart is not { } start)
        {
            return null;
        }

        var name = $"datasets/{run.DatasetId}/models/{start.ModelId}/versions/{start.Version}";
        var dataset = await datasets.GetAsync(run.DatasetId, cancel);
        var version = await models.GetVersionAsync(dataset, start.ModelId, start.Version, cancel);
        return WarmStartRules.Problem(run.Algorithm, settings.Effective, dataset.Schema, version.Manifest, version.WeightsSha256 is not null) is { } problem
            ? throw new ServiceException(ErrorKind.FailedPrecondition, "WARM_START_MISMATCH", $"Training cannot start from {name}: {problem}.")
            : new WarmStartWeights(name, version.WeightsSha256!, await artefacts.ReadAsync(version.WeightsSha256!, cancel));
    }

    private async Task<RunBeginning> BeginAsync(RunLease lease, WarmStartWeights? warmStart, CancellationToken cancel)
    {
        var (snapshot, pin) = await snapshots.ReadAndPinAsync(lease.Run.DatasetId, cancel);
        try
        {
            await runs.PinSnapshotAsync(lease, pin, cancel);
            return new RunBeginning(snapshot, null, warmStart);
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    private async Task<TrainingCheckpoint?> ResumeAsync(
        RunLease lease, RunCheckpoint kept, TrainingSnapshot snapshot, TrainingSettings settings, WarmStartWeights? warmStart,
        CancellationToken cancel)
    {
        if (kept.Bytes is null)
        {
            return null;
        }

        string? problem;
        try
        {
            var checkpoint = TrainingCheckpoint.Read(kept.Bytes);
            problem = trainer.WhyUnusable(checkpoint, snapshot, settings, lease.Run.Seed, warmStart);
            if (problem is null)
            {
                LogResumed(lease.Run.DatasetId, lease.Run.RunId, checkpoint.Phase, checkpoint.Epoch, checkpoint.Epochs);
                await runs.MarkResumedAsync(lease, new RunProgress(checkpoint.Phase, checkpoint.Epoch, checkpoint.Epochs), cancel);
                return checkpoint;
            }
        }
        catch (CheckpointUnusableException error)
        {
            problem = error.Message;
        }

        await StartOverAsync(lease, $"Its checkpoint is of no use: {problem}.", cancel);
        return null;
    }

    [LoggerMessage(
        EventId = 70, Level = LogLevel.Information,
        Message = "Run datasets/{Dataset}/trainingRuns/{Run} goes on from its checkpoint: {Phase}, {Epoch} of {Epochs}.")]
    private partial void LogResumed(string dataset, string run, string phase, int epoch, int epochs);

    [LoggerMessage(EventId = 71, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} starts over. {Reason}")]
    private partial void LogStartedOver(string dataset, string run, string reason);
}
