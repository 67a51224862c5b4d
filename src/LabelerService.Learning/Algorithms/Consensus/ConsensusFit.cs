using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>What a consensus fit ends with.</summary>
/// <param name="Posteriors">Class distribution of each training item given its annotations and its features [n, K], row-major.</param>
/// <param name="OutOfFold">Class distribution of each training item from its features alone, by classifiers that did not see it [n, K].</param>
/// <param name="Confusions">How labelers answer, from the posteriors.</param>
/// <param name="ClassPrior">How common classes are [K].</param>
/// <param name="LogLikelihood">
/// Mean over annotations of ln Σ_k q(k|x_n) Π_r Θ_r(y_nr|k), taken jointly over each item's annotations, q and Θ from other folds than the
/// item's: how well what was learnt elsewhere predicts these labelers' answers.
/// </param>
internal sealed record ConsensusResult(
    double[] Posteriors, double[] OutOfFold, LabelerConfusions Confusions, double[] ClassPrior, double LogLikelihood);

/// <summary>
/// Cross-fitted EM: what the items are, what labelers confuse and what features tell, each estimated from the others, with every item
/// judged by a classifier and by confusions that have not seen it.
/// </summary>
/// <remarks>
/// Joint EM of a classifier and labelers' confusions is Raykar et al. (Learning from Crowds, JMLR 2010). There the classifier is fitted to
/// the very posteriors that it then confirms, and a flexible one confirms its own mistakes; predicting each fold from the others
/// (cross-fitting, as in Chernozhukov et al. 2018) takes that feedback away. Confusions are shrunk to a common one, so that labelers with
/// few annotations are read as average ones.
/// </remarks>
internal sealed class ConsensusFit
{
    private readonly AnnotationTable _table;
    private readonly Fold[] _folds;
    private readonly ConfusionOptions _options;
    private readonly int _partitions;

    /// <summary>Sets the fit up.</summary>
    /// <param name="table">Annotations of the training items, item i being the i-th of the training set.</param>
    /// <param name="folds">The partitions.</param>
    /// <param name="options">How confusions are estimated.</param>
    public ConsensusFit(AnnotationTable table, Fold[] folds, ConfusionOptions options)
    {
        _table = table;
        _folds = folds;
        _options = options;
        _partitions = folds[^1].Repeat + 1;
    }

    /// <summary>Runs the rounds.</summary>
    /// <param name="classifier">Fitted in every round; afterwards as fitted to the last posteriors.</param>
    /// <param name="rounds">Rounds of EM.</param>
    /// <param name="run">Clock, progress and cancellation.</param>
    public ConsensusResult Run(ICrossFitClassifier classifier, int rounds, RunControl run)
    {
        var start = run.Time.GetTimestamp();
        var posteriors = Enumerable.Range(0, _partitions).Select(_ => MajorityVote.Posteriors(_table)).ToArray();
        var predicted = posteriors;
        var likelihood = 0.0;
        for (var round = 1; round <= rounds; round++)
        {
            predicted = classifier.FitPredict(posteriors, run.Cancel.ThrowIfCancellationRequested);
            likelihood = 0;
            for (var p = 0; p < _partitions; p++)
            {
                likelihood += Revise(p, predicted[p], ref posteriors[p]) / _partitions;
            }

            var perRound = run.Time.GetElapsedTime(start) / round;
            run.Progress?.Report(new TrainingProgress(
                "consensus", round, rounds, -likelihood, "held_out_log_likelihood", likelihood, perRound * (rounds - round)));
        }

        var consensus = Mean(posteriors);
        return new ConsensusResult(
            consensus, Mean(predicted), LabelerConfusions.Estimate(_table, consensus, _options),
            ConfusionEm.ClassPrior(_table, consensus, smoothing: 1), likelihood);
    }

    // New posteriors of each fold's items: their out-of-fold prediction times what their labelers say, as known from the other folds.
    private double Revise(int partition, double[] prior, ref double[] posteriors)
    {
        var classes = _table.ClassCount;
        var revised = new double[posteriors.Length];
        var known = new double[posteriors.Length];
        var (likelihood, annotations) = (0.0, 0);
        foreach (var fold in _folds.Where(fold => fold.Repeat == partition))
        {
            posteriors.CopyTo(known, 0);
            if (fold.Train.Length < _table.ItemCount)
            {
                foreach (var item in fold.HeldOut)
                {
                    // A row of zeros leaves its item out of the estimate.
                    known.AsSpan(item * classes, classes).Clear();
                }
            }

            var confusions = LabelerConfusions.Estimate(_table, known, _options);
            foreach (var item in fold.HeldOut)
            {
                var row = revised.AsSpan(item * classes, classes);
                for (var k = 0; k < classes; k++)
                {
                    row[k] = ClassDistributions.Log(prior[(item * classes) + k]);
                }

                confusions.AddLogLikelihood(_table, item, row);
                likelihood += ClassDistributions.SoftMax(row);
                var (first, end) = _table.RangeOfItem(item);
                annotations += end - first;
            }
        }

        posteriors = revised;
        return likelihood / Math.Max(annotations, 1);
    }

    private static double[] Mean(double[][] partitions)
    {
        var mean = new double[partitions[0].Length];
        foreach (var partition in partitions)
        {
            for (var i = 0; i < mean.Length; i++)
            {
                mean[i] += partition[i] / partitions.Length;
            }
        }

        return mean;
    }
}
