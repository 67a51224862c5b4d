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
/// Scores candidates without gold: by how well the class that a candidate names for an item it has not seen, from its features alone,
/// predicts what labelers said of it, Σ_r ln Θ_r(y_nr | k̂_n), confusions Θ estimated from other items' named classes and labels. A
/// classifier that names wrong classes blurs the confusions and so predicts worse. All candidates are scored on the same items, folds and
/// labelers, so that differences between them are differences item by item.
/// </summary>
/// <remarks>
/// Only the named class counts, not how sure a candidate is of it: labelers err together on hard items, and a likelihood mixed over
/// classes prefers whoever doubts with them. Of six criteria tried against gold on LabelMe and five simulated crowds this one ranked 24 to
/// 29 candidates best (Spearman 0.60 to 0.98; the mixed likelihood 0.32 to 0.93).
/// </remarks>
internal sealed class CandidateScore : IDisposable
{
    private const int Rounds = 10;
    private const int Partitions = 3;

    private readonly LearningTask _task;
    // More partitions than one for those that are cheap: which items go together moves a score more than regularisation does.
    private readonly Fold[] _partitions;
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
        _partitions = Folds.Draw(task.Set.Items.Length, task.Settings.Folds, Partitions, task.Streams.Managed(RandomStream.Folds));
        _folds = [.. _partitions.Where(fold => fold.Repeat == 0)];
        _table = task.Set.Table(task.Classes, HeadAssignment.PerLabeler(task.Snapshot, task.Set, 1));
        _options = new ConfusionOptions { Shrinkage = task.Settings.ConfusionShrinkage };
    }

    /// <summary>Number of items n.</summary>
    public int ItemCount => _table.ItemCount;

    /// <summary>Number of annotations that a score is over.</summary>
    public int Annotations => _table.Count;

    /// <summary>The log-probability of each item's annotations under the class named for it [n], in nats.</summary>
    public double[] Score(AutoCandidate candidate)
    {
        var settings = candidate.Settings;
        if (settings.Algorithm != "consensus")
        {
            return Score(OutOfFold(settings));
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
                _shared = (DiscriminantCrossFit)ConsensusNet.Classifier(prepared, _partitions, generator);
            }

            _shared!.Shrinkage = settings.CovarianceShrinkage;
            return Score(Fit(_shared, _partitions, Rounds));
        }

        using var task = _task.With(settings, _task.Streams);
        using var classifier = ConsensusNet.Classifier(task, _folds, generator);
        return Score(Fit(classifier, _folds, settings.Rounds));
    }

    public void Dispose() => _shared?.Dispose();

    private double[] Fit(ICrossFitClassifier classifier, Fold[] folds, int rounds) =>
        new ConsensusFit(_table, folds, _options).Run(classifier, rounds, _task.Settings.FeatureTrust, _task.Run.Silent()).OutOfFold;

    private double[] Score(double[] predictions)
    {
        var classes = _task.Classes;
        var named = ClassDistributions.Tops(predictions, classes);
        var known = new double[predictions.Length];
        var scores = new double[named.Length];
        foreach (var fold in _folds)
        {
            known.AsSpan().Clear();
            foreach (var item in fold.Train)
            {
                // The rows of items held out stay zero, which leaves them out of the estimate.
                known[(item * classes) + named[item]] = 1;
            }

            var confusions = LabelerConfusions.Estimate(_table, known, _options);
            foreach (var item in fold.HeldOut)
            {
                var (start, end) = _table.RangeOfItem(item);
                for (var a = start; a < end; a++)
                {
                    scores[item] += confusions.LogProbability(_table.Labelers[a], named[item], _table.Classes[a]);
                }
            }
        }

        return scores;
    }

    // Class distributions of all items [n, K], each by a model trained on the other folds.
    private double[] OutOfFold(TrainingSettings settings)
    {
        var classes = _task.Classes;
        var result = new double[_task.Set.Items.Length * classes];
        foreach (var (f, fold) in _folds.Index())
        {
            using var scope = NewDisposeScope();
            // Neither calibrating nor distilling changes what is scored, nor do intervals of weights.
            var bare = settings with { Calibration = CalibrationTarget.None, Distil = Switch.Off, WeightResamples = 0 };
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
