using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Telemetry;

namespace LabelerService.Trainer.Running;

/// <summary>What a run trains with.</summary>
/// <param name="Beginning">Its data, and what it starts from.</param>
/// <param name="Settings">Its settings as they were asked for, defaults filled in.</param>
/// <param name="Progress">Takes progress.</param>
/// <param name="Checkpoints">Takes checkpoints, and has what the run goes on from.</param>
internal sealed record TrainingInput(RunBeginning Beginning, TrainingSettings Settings, ProgressReporter Progress, CheckpointPlan Checkpoints);

/// <summary>
/// How a run that trains one thing comes to train, whatever that is: it records its settings, reads the snapshot, and trains, or goes on with training
/// from the checkpoint of another attempt; one that is of no use is given up, and the run starts over and says so.
/// </summary>
internal sealed class RunTraining(RunStore runs, RunStart start)
{
    /// <summary>Trains.</summary>
    /// <param name="attempt">The attempt at the run.</param>
    /// <param name="train">Trains on a thread of its own; called once more where the checkpoint is of no use.</param>
    public async Task<T> TrainAsync<T>(RunAttempt attempt, Func<TrainingInput, CancellationToken, T> train)
    {
        var run = attempt.Run;
        var settings = AlgorithmCatalogue.Validate(run.Algorithm, run.RequestedSettings);
        await attempt.PersistAsync(token => runs.SetEffectiveSettingsAsync(attempt.Lease, settings.Effective, token));
        await using var progress = attempt.ReportProgress();
        progress.Report(new RunProgress("read", 0, 1));
        using var beginning = await RunTrace.PartAsync(
            "read", () => attempt.PersistAsync(token => start.ReadAsync(attempt.Lease, settings, token)));

        // What the settings leave to the items is known once these have been read.
        var resolved = settings.For(beginning.Snapshot.Encoding);
        await attempt.PersistAsync(token => runs.SetEffectiveSettingsAsync(attempt.Lease, resolved.Effective, token));
        await using var checkpoints = attempt.WriteCheckpoints();
        var input = new TrainingInput(
            beginning, settings, progress, new CheckpointPlan(() => checkpoints.IsDue, checkpoints.Take, beginning.Resume));
        try
        {
            return await attempt.ComputeAsync(cancel => train(input, cancel));
        }
        catch (CheckpointUnusableException error)
        {
            await attempt.PersistAsync(
                token => start.StartOverAsync(attempt.Lease, $"Its checkpoint is of no use: {error.Message}.", token));
            return await attempt.ComputeAsync(cancel => train(input with { Checkpoints = input.Checkpoints with { Resume = null } }, cancel));
        }
    }
}
