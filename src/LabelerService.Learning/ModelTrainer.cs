using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Features;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Onnx;
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
    /// <exception cref="InvalidOperationException">The serving graph does not reproduce the net.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public TrainedModel Train(
        TrainingSnapshot snapshot, TrainingSettings settings, long seed, IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var algorithm = LearningAlgorithms.All[settings.Algorithm];
        var featureLength = snapshot.Schema.FeatureLength;
        if (featureLength == 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "ITEMS_NOT_VECTORS",
                $"Items of kind {snapshot.Schema.ItemKind} have no fixed vector; {settings.Algorithm} trains on vectors and images.");
        }

        var streams = new RandomStreams(seed);
        var set = TrainingSet.Create(snapshot, settings.HeldOutShare, streams.Managed(RandomStream.HeldOut));
        var assignment = algorithm.HeadPerLabeler
            ? HeadAssignment.PerLabeler(snapshot, set, settings.MinAnnotations)
            : HeadAssignment.Shared(snapshot, set);

        using var scope = NewDisposeScope();
        var raw = tensor(snapshot.Features, snapshot.ItemIds.Length, featureLength);
        using var scaling = FeatureScaling.Fit(settings.FeatureTransform, raw, tensor(set.Items.Select(n => (long)n).ToArray()));
        var features = scaling.Apply(raw);
        raw.Dispose();

        var network = new Network(settings, featureLength, assignment.Count, snapshot.Schema.Classes.Count);
        using var parameters = new ParameterSet(network.Layout, trainable: true);
        FitNetwork(network, parameters, features, snapshot, set, assignment, algorithm, settings, streams, progress, cancellationToken);
        var weights = algorithm.LearnsWeights
            ? FitWeights(network, parameters, features, snapshot, set, assignment, settings, streams, progress, cancellationToken)
            : Evaluator.EqualWeights(assignment.Count);

        cancellationToken.ThrowIfCancellationRequested();
        var description = $"{settings.Algorithm} of dataset {snapshot.Dataset}, snapshot {snapshot.SnapshotId}, seed {seed}";
        var onnx = ServingGraphWriter.Write(network, parameters, scaling, weights, featureLength, codeVersion, description);
        var difference = CheckParity(onnx, snapshot, network, parameters, features, weights);
        var report = new ModelReport(
            snapshot, set, assignment, new Evaluator(network, features), parameters, weights, settings.BootstrapResamples,
            (long)streams.Derive(RandomStream.Bootstrap));
        return new TrainedModel
        {
            Onnx = onnx,
            Manifest = new ModelManifest
            {
                Algorithm = settings.Algorithm,
                Classes = snapshot.Schema.Classes,
                FeatureLength = featureLength,
                Heads = report.Heads(),
                Settings = settings.Effective,
                Seed = seed,
                SnapshotId = snapshot.SnapshotId,
                CodeVersion = codeVersion,
                AnnotationCount = snapshot.Annotations.Count,
                Metrics = report.Metrics(),
                ParityMaxDifference = difference,
                TrainingSeconds = timeProvider.GetElapsedTime(start).TotalSeconds,
            },
        };
    }

    private void FitNetwork(
        Network network, ParameterSet parameters, Tensor features, TrainingSnapshot snapshot, TrainingSet set, HeadAssignment assignment,
        LearningAlgorithm algorithm, TrainingSettings settings, RandomStreams streams, IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var initialisation = streams.Native(RandomStream.Initialisation);
        network.Initialise(parameters, initialisation);
        using var dropping = streams.Native(RandomStream.Dropout);
        using var problem = new NetworkProblem(
            network, features, snapshot, set, assignment,
            algorithm.HeadPerLabeler ? null : set.Targets(settings.Target, network.Heads.Classes),
            settings.BatchSize, new Dropout(settings.Dropout, dropping), streams.Managed(RandomStream.NetworkOrder));
        var loop = new FitLoop(timeProvider, progress, algorithm.LearnsWeights ? settings.AveragingEpochs : 0, cancellationToken);
        loop.Run(problem, parameters, new FitOptions(
            settings.Epochs, settings.LearningRate, settings.L1, settings.WeightDecay, settings.PolyakDecay, settings.Patience,
            settings.Selection, InitialCounts: false));
    }

    private Tensor FitWeights(
        Network network, ParameterSet frozen, Tensor features, TrainingSnapshot snapshot, TrainingSet set, HeadAssignment assignment,
        TrainingSettings settings, RandomStreams streams, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        using var problem = new AveragingProblem(
            network, frozen, features, snapshot, set, assignment, settings, streams.Managed(RandomStream.AveragingOrder));
        using var logits = problem.EqualLogits();
        if (problem.ItemCount > 0)
        {
            // Equal weights are a candidate too: weights that do worse on validation data than none are not worth having.
            new FitLoop(timeProvider, progress, laterEpochs: 0, cancellationToken).Run(problem, logits, new FitOptions(
                settings.AveragingEpochs, settings.AveragingLearningRate, settings.AveragingL1, settings.AveragingL2,
                settings.PolyakDecay, settings.Patience, settings.Selection, InitialCounts: true));
        }

        return problem.Weights(logits);
    }

    private static double CheckParity(
        byte[] onnx, TrainingSnapshot snapshot, Network network, ParameterSet parameters, Tensor features, Tensor weights)
    {
        var length = snapshot.Schema.FeatureLength;
        var items = ParityCheck.ChooseItems(snapshot.ItemIds.Length);
        var raw = new float[items.Length * length];
        for (var i = 0; i < items.Length; i++)
        {
            snapshot.Features.AsSpan(items[i] * length, length).CopyTo(raw.AsSpan(i * length));
        }

        using var scope = NewDisposeScope();
        var transformed = features.index_select(0, tensor(items.Select(n => (long)n).ToArray()));
        var difference = ParityCheck.MaxDifference(onnx, raw, length, network, parameters, transformed, weights);
        return difference <= ParityCheck.Tolerance
            ? difference
            : throw new InvalidOperationException(
                $"The serving graph differs from the trained net by {difference:G3}; at most {ParityCheck.Tolerance:G1} is allowed. "
                + "If features are very large, set feature_transform=standardize.");
    }
}
