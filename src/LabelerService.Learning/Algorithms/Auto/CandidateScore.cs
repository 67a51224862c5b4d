using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms.Consensus;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Auto;

/// <summary>
/// Scores candidates without gold: by how likely labelers' answers on items are that the candidate's classifier has not seen, under
/// confusions estimated from other items (<see cref="ConsensusResult.LogLikelihoods"/>). All candidates are scored on the same items,
/// folds and labelers, each at the sharpness that suits it best, so that differences between them are differences item by item.
/// </summary>
/// <remarks>
/// The classifier of a consensus net is scored as fitted to vote shares, before any EM. On real crowds labelers err together on hard
/// items, and a classifier that has been led by its own EM to doubt them is less likely to predict their answers, though it is right more
/// often (LabelMe: the likelihood prefers nets at 85 % to discriminants at 92 %); on the same targets it ranks classifiers as gold does.
/// </remarks>
internal sealed class CandidateScore : IDisposable
{
    private const int LabelerRounds = 10;

    private readonly LearningTask _task;
    private readonly Fold[] _folds;
    private readonly AnnotationTable _table;
    private readonly ConfusionOptions _options;
    private (FeatureTransform Transform, ConsensusClassifier Classifier)? _sharedKind;
    private DiscriminantCrossFit? _shared;

    /// <summary>Draws the folds.</summary>
    /// <param name="task">The items to score on.</param>
    public CandidateScore(LearningTask task)
    {
        _task = task;
        _folds = Folds.Draw(task.Set.Items.Length, task.Settings.Folds, 1, task.Streams.Managed(RandomStream.Folds));
        _table = task.Set.Table(task.Classes, HeadAssignment.PerLabeler(task.Snapshot, task.Set, 1));
        _options = new ConfusionOptions { Shrinkage = task.Settings.ConfusionShrinkage };
    }

    /// <summary>Number of annotations that a score is over.</summary>
    public int Annotations => _table.Count;

    /// <summary>The log-likelihood of each item's annotations [n], in nats.</summary>
    public double[] Score(AutoCandidate candidate)
    {
        var settings = candidate.Settings;
        if (settings.Algorithm != "consensus")
        {
            return Run(OutOfFold(settings));
        }

        using var generator = _task.Streams.Native(RandomStream.RandomFeatures);
        if (settings.Classifier is ConsensusClassifier.Discriminant or ConsensusClassifier.RandomFeatures)
        {
            // Decomposing covariances is most of the work, and the same for every shrinkage.
            if (_sharedKind != (settings.FeatureTransform, settings.Classifier))
            {
                _shared?.Dispose();
                _sharedKind = (settings.FeatureTransform, settings.Classifier);
                using var prepared = _task.With(settings, _task.Streams);
                _shared = (DiscriminantCrossFit)ConsensusNet.Classifier(prepared, _folds, generator);
            }

            _shared!.Shrinkage = settings.CovarianceShrinkage;
            return Run(FirstRound(_shared));
        }

        using var task = _task.With(settings, _task.Streams);
        using var classifier = ConsensusNet.Classifier(task, _folds, generator);
        return Run(FirstRound(classifier));
    }

    public void Dispose() => _shared?.Dispose();

    private double[] Run(double[] predictions)
    {
        using var known = new FixedPredictions(predictions);
        return new ConsensusFit(_table, _folds, _options).Run(known, LabelerRounds, featureTrust: 1, _task.Run.Silent()).LogLikelihoods;
    }

    private double[] FirstRound(ICrossFitClassifier classifier) =>
        classifier.FitPredict([MajorityVote.Posteriors(_table)], _task.Run.Cancel.ThrowIfCancellationRequested)[0];

    // Class distributions of all items [n, K], each by a model trained on the other folds.
    private double[] OutOfFold(TrainingSettings settings)
    {
        var classes = _task.Classes;
        var result = new double[_task.Set.Items.Length * classes];
        foreach (var (f, fold) in _folds.Index())
        {
            using var scope = NewDisposeScope();
            // Neither calibrating nor distilling changes what is scored.
            var bare = settings with { Calibration = CalibrationTarget.None, Distil = Switch.Off };
            using var part = _task.With(bare, _task.Streams.Child(f), _task.Set.Subset(fold.Train), _task.Run.Silent());
            var trained = LearningAlgorithms.Train(part);
            using var ensemble = trained.Ensemble;
            var rows = new EnsembleRunner(ensemble, _task.Raw).Predict([.. fold.HeldOut.Select(i => _task.Set.Items[i])]);
            for (var i = 0; i < rows.Length; i++)
            {
                result[(fold.HeldOut[i / classes] * classes) + (i % classes)] = rows[i];
            }
        }

        return result;
    }
}
