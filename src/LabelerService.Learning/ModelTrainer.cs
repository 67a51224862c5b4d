using System.Globalization;
using LabelerService.Core.Calibration;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Features;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Quantising;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning;

/// <summary>
/// Trains the networks of "Who Said What" (Guan, Gulshan, Dai, Hinton; AAAI 2018) and writes them as serving graphs. The same snapshot,
/// settings, seed and number of threads give the same weights bit for bit.
/// </summary>
/// <param name="timeProvider">Measures how long training takes.</param>
/// <param name="codeVersion">Recorded in the manifest.</param>
public sealed class ModelTrainer(TimeProvider timeProvider, string codeVersion)
{
    /// <summary>Trains one model. Blocks until it is trained; all native memory is released on return.</summary>
    /// <param name="snapshot">The data.</param>
    /// <param name="settings">Algorithm and settings, from <see cref="AlgorithmCatalogue.Validate"/>.</param>
    /// <param name="seed">Decides every random draw.</param>
    /// <param name="progress">Called after each epoch, on this thread; may be null.</param>
    /// <param name="cancellationToken">Observed before every batch.</param>
    /// <exception cref="ServiceException">
    /// <see cref="ErrorKind.FailedPrecondition"/>: no training annotations, nobody has enough of them, items without vectors, or the loss
    /// diverged.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public TrainedModel Train(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken) =>
        Train(snapshot, settings, seed, progress, checkpoints: null, warmStart: null, cancellationToken);

    /// <summary>Trains one model, with checkpoints that it can be gone on from: the same model comes out, bit for bit.</summary>
    /// <param name="snapshot">The data; in a run that goes on, the same data.</param>
    /// <param name="settings">Algorithm and settings, from <see cref="AlgorithmCatalogue.Validate"/>.</param>
    /// <param name="seed">Decides every random draw.</param>
    /// <param name="progress">Called after each epoch, on this thread; may be null.</param>
    /// <param name="checkpoints">Where they go and what to go on from; null for none.</param>
    /// <param name="warmStart">What the net starts from; null for nothing. In a run that goes on, the same.</param>
    /// <param name="cancellationToken">Observed before every batch.</param>
    /// <exception cref="CheckpointUnusableException">
    /// The checkpoint to go on from is of other data, settings, seed or code, or not whole. Train without it.
    /// </exception>
    /// <exception cref="ServiceException">As without checkpoints.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public TrainedModel Train(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, IProgress<TrainingProgress>? progress, CheckpointPlan? checkpoints,
        WarmStartWeights? warmStart, CancellationToken cancellationToken) =>
        Train(snapshot, settings, seed, progress, checkpoints, warmStart, backbone: null, cancellationToken);

    /// <summary>Trains one model whose backbone may start from another's.</summary>
    /// <param name="snapshot">The data; in a run that goes on, the same data.</param>
    /// <param name="settings">Algorithm and settings, from <see cref="AlgorithmCatalogue.Validate"/>.</param>
    /// <param name="seed">Decides every random draw.</param>
    /// <param name="progress">Called after each epoch, on this thread; may be null.</param>
    /// <param name="checkpoints">Where they go and what to go on from; null for none.</param>
    /// <param name="warmStart">What the net starts from; null for nothing. In a run that goes on, the same.</param>
    /// <param name="backbone">What its backbone starts from; null for nothing. In a run that goes on, the same.</param>
    /// <param name="cancellationToken">Observed before every batch.</param>
    /// <exception cref="CheckpointUnusableException">As without a backbone.</exception>
    /// <exception cref="ServiceException">
    /// As without; <see cref="ErrorKind.FailedPrecondition"/> (BACKBONE_MISMATCH): the backbone is of another shape.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public TrainedModel Train(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, IProgress<TrainingProgress>? progress, CheckpointPlan? checkpoints,
        WarmStartWeights? warmStart, BackboneStart? backbone, CancellationToken cancellationToken)
    {
        settings = settings.For(snapshot.Encoding);
        try
        {
            var run = new RunControl(timeProvider, progress, cancellationToken)
            {
                Journal = new RunJournal(checkpoints, Identity(snapshot, settings, seed, warmStart, backbone)),
                Start = warmStart is null ? null : NetworkWeights.Read(warmStart.Bytes),
                Backbone = backbone is null ? null : NetworkWeights.Read(backbone.Weights),
            };
            return Train(snapshot, settings, seed, run, warmStart, backbone);
        }
        catch (Exception error) when (checkpoints?.Resume is not null && CheckpointUnusableException.Explains(error))
        {
            throw new CheckpointUnusableException(error.Message, error);
        }
    }

    /// <summary>Why a run cannot go on from a checkpoint; null if it can.</summary>
    public string? WhyUnusable(
        TrainingCheckpoint checkpoint, TrainingSnapshot snapshot, TrainingSettings settings, long seed, WarmStartWeights? warmStart = null,
        BackboneStart? backbone = null) =>
        checkpoint.DifferenceTo(Identity(snapshot, settings.For(snapshot.Encoding), seed, warmStart, backbone)) is { } difference ? $"it was taken of a run with another {difference}" : null;

    // What the weights depend on. Two runs that agree in all of it are one.
    private Dictionary<string, string> Identity(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, WarmStartWeights? warmStart, BackboneStart? backbone)
    {
        var identity = settings.Effective.ToDictionary(pair => $"setting {pair.Key}", pair => pair.Value, StringComparer.Ordinal);
        identity["code version"] = codeVersion;
        identity["algorithm"] = settings.Algorithm;
        identity["seed"] = seed.ToString(CultureInfo.InvariantCulture);
        identity["snapshot"] = snapshot.SnapshotId;
        identity["start"] = warmStart?.Sha256 ?? "";
        identity["backbone"] = backbone?.Sha256 ?? "";
        return identity;
    }

    private TrainedModel Train(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, RunControl run, WarmStartWeights? warmStart, BackboneStart? backbone)
    {
        var cancellationToken = run.Cancel;
        var start = timeProvider.GetTimestamp();
        var featureLength = snapshot.FeatureLength;
        if (featureLength == 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "ITEMS_NOT_VECTORS",
                $"Items of kind {snapshot.Schema.ItemKind} have no fixed vector; {settings.Algorithm} trains on vectors and images.");
        }

        if (settings.Head == HeadKind.Cumulative && snapshot.Schema.LabelKind == LabelKind.MultiClass)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "CLASSES_NOT_ORDERED",
                "Cumulative heads need ordered classes, and those of this dataset have no order. Set head=softmax, or create the dataset "
                + "as ordinal.");
        }

        var streams = new RandomStreams(seed);
        var set = TrainingSet.Create(snapshot, settings.HeldOutShare, streams.Managed(RandomStream.HeldOut));

        using var scope = NewDisposeScope();
        var raw = FeatureTensors.Of(snapshot);
        using var task = new LearningTask(snapshot, set, settings, streams, raw, run);
        var trained = LearningAlgorithms.Train(task);
        using var ensemble = trained.Ensemble;
        using var distilled = trained.Distilled;

        cancellationToken.ThrowIfCancellationRequested();
        var runner = new EnsembleRunner(ensemble, raw);
        var change = settings.Serving == ServingPrecision.Int8 ? new StorageChange(snapshot, runner) : null;
        ensemble.StoreAs(settings.Serving);
        distilled?.StoreAs(settings.Serving);
        var description = $"{settings.Algorithm} of dataset {snapshot.Dataset}, snapshot {snapshot.SnapshotId}, seed {seed}";
        var metadata = GraphMetadata.Of(snapshot, settings, seed, trained.Heads.LabelerIds, trained.Temperature);
        var onnx = ServingGraphWriter.Write(ensemble, distilled, settings.Serving, featureLength, codeVersion, description, metadata);
        var difference = CheckParity(onnx, snapshot, ensemble, distilled);
        var report = new ModelReport(
            snapshot, set, trained, runner, distilled is null ? null : new EnsembleRunner(distilled, raw), settings.BootstrapResamples,
            (long)streams.Derive(RandomStream.Bootstrap), cancellationToken);
        return new TrainedModel
        {
            Onnx = onnx,
            Weights = WarmStartRules.Supports(settings.Algorithm) ? trained.Weights : null,
            TrainingItems = set.Items,
            OutOfFold = OutOfFold(trained, snapshot.Schema.Classes.Count),
            ConsensusItems = trained.Consensus is null ? [] : set.Items,
            Consensus = trained.Consensus ?? [],
            Manifest = new ModelManifest
            {
                Algorithm = settings.Algorithm,
                Classes = snapshot.Schema.Classes,
                FeatureLength = featureLength,
                Encoding = snapshot.Encoding,
                ValuesPerItem = Math.Max(ensemble.ValuesPerItem, distilled?.ValuesPerItem ?? 0),
                Heads = report.Heads(),
                Settings = settings.Effective,
                Seed = seed,
                SnapshotId = snapshot.SnapshotId,
                CodeVersion = codeVersion,
                AnnotationCount = snapshot.Annotations.Count,
                Data = ModelDataSummary.Of(snapshot),
                Metrics = [.. report.Metrics(), .. change?.Metrics(runner) ?? []],
                Selection = trained.Selection,
                Temperature = trained.Temperature,
                Distilled = distilled is not null,
                Origin = warmStart is null ? null : new ModelOrigin(warmStart.Version, warmStart.Sha256, run.Start?.HeadsTaken ?? 0),
                Transfer = backbone is null ? null : new ModelTransfer(backbone.Source, backbone.Sha256, settings.FineTune == Switch.Off),
                ParityMaxDifference = difference,
                TrainingSeconds = timeProvider.GetElapsedTime(start).TotalSeconds,
            },
        };
    }

    // As sure as the served model is of items that it has not seen: a reader may have some of either.
    private static float[] OutOfFold(TrainedEnsemble trained, int classes)
    {
        if (trained.OutOfFold is not { } distributions || trained.Temperature == 1)
        {
            return trained.OutOfFold ?? trained.ItemPriors ?? [];
        }

        var calibrated = new float[distributions.Length];
        TemperatureScaling.Apply(distributions, classes, trained.Temperature, calibrated);
        return calibrated;
    }

    private static double CheckParity(byte[] onnx, TrainingSnapshot snapshot, Ensemble ensemble, Ensemble? distilled)
    {
        var length = snapshot.FeatureLength;
        var items = ParityCheck.ChooseItems(snapshot.ItemIds.Length);
        var raw = new float[items.Length * length];
        for (var i = 0; i < items.Length; i++)
        {
            snapshot.Features.CopyRow(items[i], raw.AsSpan(i * length, length));
        }

        var difference = ParityCheck.MaxDifference(onnx, raw, length, ensemble, distilled);
        var tolerance = ParityCheck.ToleranceFor(snapshot.Encoding);
        return difference <= tolerance
            ? difference
            : throw new ServiceException(
                ErrorKind.FailedPrecondition, "SERVING_GRAPH_DIFFERS",
                $"The serving graph differs from the trained net by {difference:G3}; at most {tolerance:G1} is allowed. "
                + "If features are very large, set feature_transform=standardize; weights that have grown large are kept smaller by weight_decay.");
    }
}
