using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Extraction;
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
/// <param name="Backbone">What the net's backbone starts from at the beginning; null for nothing.</param>
/// <param name="Encoder">What makes rows of items, to be published with the model; null where that takes nothing learnt.</param>
internal sealed record RunBeginning(
    TrainingSnapshot Snapshot, TrainingCheckpoint? Resume, WarmStartWeights? WarmStart, BackboneStart? Backbone, byte[]? Encoder) : IDisposable
{
    public void Dispose() => Snapshot.Dispose();
}

/// <summary>
/// Finds out where a claimed run begins: at the beginning, with the data as it is now, or where another trainer left it, with the data that
/// it began with. What cannot be gone on from is never guessed at: the run starts over, and says why.
/// </summary>
internal sealed partial class RunStart(
    RunStore runs, SnapshotReader snapshots, DatasetStore datasets, ModelStore models, ArtefactStore artefacts, PretrainedReader pretrained,
    SnapshotEncoder encoder, ExtractedRows extracted, ModelTrainer trainer, ILogger<RunStart> logger)
{
    /// <summary>Reads data and checkpoint, and records what it found.</summary>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE), or what reading a snapshot may fail with.</exception>
    public async Task<RunBeginning> ReadAsync(RunLease lease, TrainingSettings settings, CancellationToken cancel)
    {
        var run = lease.Run;
        var warmStart = await WarmStartAsync(run, settings, cancel);
        using var given = warmStart?.Encoder;
        using var named = await pretrained.ReadAsync(run.DatasetId, settings, cancel);
        CheckExtractor(warmStart, named);
        if (await runs.ReadCheckpointAsync(lease, cancel) is not { } kept)
        {
            return await BeginAsync(lease, settings, warmStart, named, cancel);
        }

        TrainingSnapshot snapshot;
        try
        {
            snapshot = await snapshots.ReadPinnedAsync(run.DatasetId, kept.Pin, cancel);
        }
        catch (ServiceException error) when (error.Reason == "SNAPSHOT_CHANGED")
        {
            await StartOverAsync(lease, error.Message, cancel);
            return await BeginAsync(lease, settings, warmStart, named, cancel);
        }

        var encoded = await EncodeAsync(snapshot, settings, given, named, cancel);
        try
        {
            var resume = await ResumeAsync(lease, kept, encoded.Snapshot, settings, warmStart?.Weights, named.Backbone, cancel);
            return new RunBeginning(encoded.Snapshot, resume, warmStart?.Weights, named.Backbone, encoded.Encoder);
        }
        catch
        {
            encoded.Snapshot.Dispose();
            throw;
        }
    }

    /// <summary>Records that a run starts over.</summary>
    public async Task StartOverAsync(RunLease lease, string reason, CancellationToken cancel)
    {
        LogStartedOver(lease.Run.DatasetId, lease.Run.RunId, reason);
        await runs.MarkStartedOverAsync(lease, reason, cancel);
    }

    /// <summary>Makes rows of items.</summary>
    /// <param name="raw">The data as read; taken over.</param>
    /// <param name="settings">Settings of the training.</param>
    /// <param name="started">What makes rows for the weights that training starts from; null for none.</param>
    /// <param name="named">What <c>pretrained</c> names.</param>
    /// <param name="cancel">Observed between blocks of items.</param>
    public Task<EncodedSnapshot> EncodeAsync(
        TrainingSnapshot raw, TrainingSettings settings, IItemEncoder? started, Pretrained named, CancellationToken cancel) =>
        named.Extractor is { } extractor
            ? extracted.MakeAsync(raw, extractor, cancel)
            : encoder.EncodeAsync(raw, settings, started ?? named.Texts, cancel);

    private async Task<WarmStartVersion?> WarmStartAsync(RunRecord run, TrainingSettings settings, CancellationToken cancel)
    {
        if (run.WarmStart is not { } start)
        {
            return null;
        }

        var name = $"datasets/{run.DatasetId}/models/{start.ModelId}/versions/{start.Version}";
        var dataset = await datasets.GetAsync(run.DatasetId, cancel);
        var version = await models.GetVersionAsync(dataset, start.ModelId, start.Version, cancel);
        var resolved = settings.For(WarmStartRules.EncodingOf(settings, dataset.Schema, version.Manifest));
        return WarmStartRules.Problem(run.Algorithm, resolved.Effective, dataset.Schema, version.Manifest, version.WeightsSha256 is not null) is { } problem
            ? throw new ServiceException(ErrorKind.FailedPrecondition, "WARM_START_MISMATCH", $"Training cannot start from {name}: {problem}.")
            : new WarmStartVersion(
                new WarmStartWeights(name, version.WeightsSha256!, await artefacts.ReadAsync(version.WeightsSha256!, cancel)),
                await EncoderAsync(version, cancel), version.Manifest.Encoding);
    }

    // A name stays the same when what it names is deleted and another is uploaded under it; weights that learnt of the one mean nothing to the other.
    private static void CheckExtractor(WarmStartVersion? warmStart, Pretrained named)
    {
        if (warmStart?.Encoding is { Kind: ItemEncodingKind.Extracted } learnt && named.Extractor is { } extractor
            && !extractor.Fingerprint().AsSpan().SequenceEqual(OnnxExtractor.FingerprintOf(learnt)))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "WARM_START_MISMATCH",
                $"Training cannot start from {warmStart.Weights.Version}: {extractor.Encoding.Backbone} is no longer the extractor whose features it was trained on. "
                + "Train from nothing.");
        }
    }

    // Weights mean what they learnt only on rows made as those they learnt from. Null where rows of such items are always made alike.
    private async Task<IItemEncoder?> EncoderAsync(ModelVersionRecord version, CancellationToken cancel) =>
        version.Manifest.Encoding is { Kind: ItemEncodingKind.Sequence } sequences
            ? new SequenceEncoder(sequences)
            : await pretrained.TextsAsync(version, cancel);

    private async Task<RunBeginning> BeginAsync(
        RunLease lease, TrainingSettings settings, WarmStartVersion? warmStart, Pretrained named, CancellationToken cancel)
    {
        var (snapshot, pin) = await snapshots.ReadAndPinAsync(lease.Run.DatasetId, cancel);
        var encoded = await EncodeAsync(snapshot, settings, warmStart?.Encoder, named, cancel);
        try
        {
            await runs.PinSnapshotAsync(lease, pin, cancel);
            return new RunBeginning(encoded.Snapshot, null, warmStart?.Weights, named.Backbone, encoded.Encoder);
        }
        catch
        {
            encoded.Snapshot.Dispose();
            throw;
        }
    }

    private async Task<TrainingCheckpoint?> ResumeAsync(
        RunLease lease, RunCheckpoint kept, TrainingSnapshot snapshot, TrainingSettings settings, WarmStartWeights? warmStart,
        BackboneStart? backbone, CancellationToken cancel)
    {
        if (kept.Bytes is null)
        {
            return null;
        }

        string? problem;
        try
        {
            var checkpoint = TrainingCheckpoint.Read(kept.Bytes);
            problem = trainer.WhyUnusable(checkpoint, snapshot, settings, lease.Run.Seed, warmStart, backbone);
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

    private sealed record WarmStartVersion(WarmStartWeights Weights, IItemEncoder? Encoder, ItemEncoding? Encoding);

    [LoggerMessage(
        EventId = 70, Level = LogLevel.Information,
        Message = "Run datasets/{Dataset}/trainingRuns/{Run} goes on from its checkpoint: {Phase}, {Epoch} of {Epochs}.")]
    private partial void LogResumed(string dataset, string run, string phase, int epoch, int epochs);

    [LoggerMessage(EventId = 71, Level = LogLevel.Warning, Message = "Run datasets/{Dataset}/trainingRuns/{Run} starts over. {Reason}")]
    private partial void LogStartedOver(string dataset, string run, string reason);
}
