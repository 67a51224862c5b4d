using LabelerService.Core.Metrics;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Features;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms;

/// <summary>Everything that an algorithm learns from. Made by the trainer; an algorithm that trains others makes more of them.</summary>
internal sealed class LearningTask : IDisposable
{
    /// <summary>Prepares the features as the settings ask.</summary>
    /// <param name="snapshot">The data.</param>
    /// <param name="set">What of it is trained on.</param>
    /// <param name="settings">The algorithm's settings.</param>
    /// <param name="streams">Source of every random draw.</param>
    /// <param name="raw">Features of all items of the snapshot [N, D]; not owned.</param>
    /// <param name="run">Clock, progress and cancellation of the run.</param>
    public LearningTask(
        TrainingSnapshot snapshot, TrainingSet set, TrainingSettings settings, RandomStreams streams, Tensor raw, RunControl run)
    {
        Snapshot = snapshot;
        Set = set;
        Settings = settings.For(snapshot.Encoding);
        Streams = streams;
        Run = run;
        Raw = raw;
        using var scope = NewDisposeScope();
        Scaling = FeatureScaling.Fit(Settings, snapshot.Encoding, raw, set.Items);
        Features = FeatureTensors.Transformed(snapshot, raw, Scaling).DetachFromDisposeScope();
    }

    /// <summary>The data.</summary>
    public TrainingSnapshot Snapshot { get; }

    /// <summary>What of it is trained on, and what validates.</summary>
    public TrainingSet Set { get; }

    /// <summary>The algorithm's settings.</summary>
    public TrainingSettings Settings { get; }

    /// <summary>Source of every random draw.</summary>
    public RandomStreams Streams { get; }

    /// <summary>Clock, progress and cancellation of the run.</summary>
    public RunControl Run { get; }

    /// <summary>The feature transform, fitted on the training items.</summary>
    public FeatureScaling Scaling { get; }

    /// <summary>Features of all items of the snapshot as they came [N, D].</summary>
    public Tensor Raw { get; }

    /// <summary>Transformed features of all items of the snapshot [N, D].</summary>
    public Tensor Features { get; }

    /// <summary>Number of classes K.</summary>
    public int Classes => Snapshot.Schema.Classes.Count;

    /// <summary>Length D of a row of <see cref="Features"/>.</summary>
    public int FeatureLength => checked((int)Features.shape[1]);

    /// <summary>The same data for another algorithm or another part of it.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="streams">Its random draws.</param>
    /// <param name="set">What it trains on; null for the same.</param>
    /// <param name="run">How it reports; null for the same.</param>
    public LearningTask With(TrainingSettings settings, RandomStreams streams, TrainingSet? set = null, RunControl? run = null) =>
        new(Snapshot, set ?? Set, settings, streams, Raw, run ?? Run);

    public void Dispose()
    {
        Features.Dispose();
        Scaling.Dispose();
    }
}

/// <summary>Clock, progress, cancellation and journal of a run.</summary>
internal sealed record RunControl(TimeProvider Time, IProgress<TrainingProgress>? Progress, CancellationToken Cancel)
{
    /// <summary>What the run has done.</summary>
    public RunJournal Journal { get; init; } = RunJournal.None();

    /// <summary>Values that the net starts from; null to draw them.</summary>
    public NetworkWeights? Start { get; init; }

    /// <summary>Values that the net's backbone starts from; null to draw them.</summary>
    public NetworkWeights? Backbone { get; init; }

    /// <summary>The same without progress: for fits that are steps of something larger, which reports itself.</summary>
    public RunControl Silent() => this with { Progress = null };
}

/// <summary>What an algorithm gives.</summary>
/// <param name="Ensemble">The model; takes features as <see cref="LearningTask.Features"/> has them. Owned by the receiver.</param>
/// <param name="Heads">Whose head is whose.</param>
/// <param name="Consensus">
/// Class distribution of each training item, given its annotations and everything learnt [n, K], row-major, in the order of
/// <see cref="TrainingSet.Items"/>; null where the algorithm has no opinion on training items beyond its predictions.
/// </param>
/// <param name="OutOfFold">
/// What the ensemble says of training items by classifiers that saw only others [n, K]; null where that is not known.
/// </param>
/// <param name="ItemPriors">
/// What classifiers of another kind than the served one say of training items that they did not see [n, K]: as good beside the items' labels
/// as <paramref name="OutOfFold"/>, but nothing to calibrate the served one by. Null where there is none, or where that is known.
/// </param>
/// <param name="Selection">How it was chosen, where the algorithm chose among others.</param>
/// <param name="WeightIntervals">95 % interval of each head's mean weight; null where weights are not learnt.</param>
/// <param name="Temperature">What its probabilities were calibrated by; 1 where they were not.</param>
/// <param name="Distilled">One head that says what the ensemble says; takes raw features. Null where none was asked for. Owned.</param>
/// <param name="Weights">Values of backbone and heads, for others to start from; null where the algorithm has none such.</param>
internal sealed record TrainedEnsemble(
    Ensemble Ensemble, HeadAssignment Heads, float[]? Consensus = null, float[]? OutOfFold = null, ModelSelection? Selection = null,
    IReadOnlyList<Interval>? WeightIntervals = null, double Temperature = 1, Ensemble? Distilled = null,
    byte[]? Weights = null, float[]? ItemPriors = null);

/// <summary>A way to learn from annotations.</summary>
internal interface ILearningAlgorithm
{
    /// <summary>Trains.</summary>
    /// <exception cref="Core.Errors.ServiceException">The data does not allow it; says what to do.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public TrainedEnsemble Train(LearningTask task);
}
