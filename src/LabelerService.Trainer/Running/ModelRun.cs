using LabelerService.Core.Models;
using LabelerService.Learning;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Telemetry;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>A run that trains one model and publishes it as a version: reads the snapshot, trains or goes on with training, publishes.</summary>
internal sealed partial class ModelRun(RunStore runs, RunTraining training, ModelTrainer trainer, ILogger<ModelRun> logger) : IRunWork
{
    /// <inheritdoc/>
    public bool CarriesOut(RunRecord run) => run.CurveId is null && !PretrainingRules.Pretrains(run.Algorithm);

    /// <inheritdoc/>
    public async Task DoAsync(RunAttempt attempt)
    {
        var model = await training.TrainAsync(attempt, (input, cancel) => TrainedFiles.Of(
            input.Beginning.Snapshot,
            trainer.Train(
                input.Beginning.Snapshot, input.Settings, attempt.Run.Seed, input.Progress, input.Checkpoints, input.Beginning.WarmStart,
                input.Beginning.Backbone, cancel),
            input.Beginning.Encoder, cancel));
        var version = await RunTrace.PartAsync(
            "publish", () => attempt.PersistAsync(token => runs.PublishAsync(attempt.Lease, model.Files, model.Manifest, token)));
        LogPublished(attempt.Run.DatasetId, version.ModelId, version.Version, model.Manifest.TrainingSeconds);
    }

    [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "Published datasets/{Dataset}/models/{Model}/versions/{Version}, trained in {Seconds:F1} s.")]
    private partial void LogPublished(string dataset, string model, int version, double seconds);
}
