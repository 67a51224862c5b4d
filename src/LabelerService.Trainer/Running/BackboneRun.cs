using LabelerService.Core.Models;
using LabelerService.Learning.Unsupervised;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Telemetry;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>A run that pretrains a backbone on items without labels and publishes it.</summary>
internal sealed partial class BackboneRun(RunStore runs, RunTraining training, BackbonePretrainer pretrainer, ILogger<BackboneRun> logger) : IRunWork
{
    /// <inheritdoc/>
    public bool CarriesOut(RunRecord run) => run.CurveId is null && PretrainingRules.Pretrains(run.Algorithm);

    /// <inheritdoc/>
    public async Task DoAsync(RunAttempt attempt)
    {
        var (files, manifest, seconds) = await training.TrainAsync(attempt, (input, cancel) => Train(attempt.Run.Seed, input, cancel));
        var backbone = await RunTrace.PartAsync(
            "publish", () => attempt.PersistAsync(token => runs.PublishBackboneAsync(attempt.Lease, files, manifest, token)));
        LogPublished(attempt.Run.DatasetId, backbone.BackboneId, seconds);
    }

    private (BackboneFiles Files, BackboneManifest Manifest, double Seconds) Train(long seed, TrainingInput input, CancellationToken cancel)
    {
        var snapshot = input.Beginning.Snapshot;
        var backbone = pretrainer.Train(snapshot, input.Settings, seed, input.Progress, input.Checkpoints, cancel);
        var manifest = new BackboneManifest
        {
            Source = BackboneSource.Pretrained,
            ItemKind = snapshot.Schema.ItemKind,
            ItemShape = snapshot.Schema.ItemShape,
            FeatureLength = backbone.Width,
            Encoding = snapshot.Encoding,
            Algorithm = input.Settings.Algorithm,
            Settings = backbone.Settings,
            Metrics = backbone.Metrics,
            Seed = seed,
            SnapshotId = snapshot.SnapshotId,
            CodeVersion = pretrainer.CodeVersion,
        };
        return (new BackboneFiles(backbone.Weights), manifest, backbone.TrainingSeconds);
    }

    [LoggerMessage(EventId = 90, Level = LogLevel.Information, Message = "Published datasets/{Dataset}/backbones/{Backbone}, pretrained in {Seconds:F1} s.")]
    private partial void LogPublished(string dataset, string backbone, double seconds);
}
