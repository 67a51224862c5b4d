using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Calibration;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>What a consensus fit ends with.</summary>
/// <param name="Posteriors">Class distribution of each training item given its annotations and its features [n, K], row-major.</param>
/// <param name="OutOfFold">Class distribution of each training item from its features alone, by classifiers that did not see it [n, K].</param>
/// <param name="Confusions">How labelers answer, from the posteriors.</param>
/// <param name="ClassPrior">How common classes are [K].</param>
/// <param name="Sharpness">Power that the classifier's distributions are raised to.</param>
internal sealed record ConsensusResult(
    double[] Posteriors, double[] OutOfFold, LabelerConfusions Confusions, double[] ClassPrior, double Sharpness);

/// <summary>
/// Cross-fitted EM: what the items are, what labelers confuse and what features tell, each estimated from the others, with every item
/// judged by a classifier that has not seen it. Confusions are estimated from all items.
/// </summary>
/// <remarks>
/// Joint EM of a classifier and labelers' confusions is Raykar et al. (Learning from Crowds, JMLR 2010). There the classifier is fitted to
/// the very posteriors that it then confirms, and a flexible one confirms its own mistakes; predicting each fold from the others
/// (cross-fitting, as in Chernozhukov et al. 2018) takes that feedback away. Confusions are shrunk to a common one, so that labelers with
/// few annotations are read as average ones.
/// </remarks>
internal sealed class ConsensusFit
{
    private const int MostProbeItems = 20_000;
    private const double FewLabels = 1.5;
    private const int EnoughOfALabeler = 50;
    private readonly AnnotationTable _table;
    private readonly ConfusionOptions _options;
    private readonly int _partitions;
    private readonly int[] _probe;
    private readonly AnnotationTable _probeTable;

    /// <summary>Sets the fit up.</summary>
    /// <param name="table">Annotations of the training items, item i being the i-th of the training set.</param>
    /// <param name="folds">The partitions.</param>
    /// <param name="options">How confusions are estimated.</param>
    public ConsensusFit(AnnotationTable table, Fold[] folds, ConfusionOptions options)
    {
        _table = table;
        _options = options;
        _partitions = folds[^1].Repeat + 1;
        var count = Math.Min(table.ItemCount, MostProbeItems);
        _probe = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * table.ItemCount / count))];
        _probeTable = count == table.ItemCount ? table : Thin(table, _probe);
    }

    /// <summary>Runs the rounds.</summary>
    /// <param name="classifier">Fitted in every round; afterwards as fitted to the last posteriors.</param>
    /// <param name="rounds">Rounds of EM.</param>
    /// <param name="featureTrust">
    /// What the fitted sharpness of the classifier is multiplied by. The sharpness that predicts labels best takes labelers to err
    /// independently; people err together on hard items, so their agreement says less than it seems and features deserve more weight.
    /// Never makes the classifier surer than it is itself.
    /// </param>
    /// <param name="run">Clock, progress and cancellation.</param>
    public ConsensusResult Run(ICrossFitClassifier classifier, int rounds, double featureTrust, RunControl run)
    {
        var start = run.Time.GetTimestamp();
        var posteriors = Enumerable.Range(0, _partitions).Select(_ => MajorityVote.Posteriors(_table)).ToArray();
        var predicted = posteriors;
        var (fitted, used) = (1.0, 1.0);
        // Who labels alone agrees with nobody: the correction grows with the labels of an item, up to two.
        using var section = run.Journal.Open();
        var first = section.Reached is { } reached ? Load(reached, rounds, posteriors, classifier) + 1 : 1;
        var trust = 1 + ((featureTrust - 1) * Math.Clamp(((double)_table.Count / Math.Max(_table.ItemCount, 1)) - 1, 0, 1));
        for (var round = first; round <= rounds; round++)
        {
            predicted = classifier.FitPredict(posteriors, run.Cancel.ThrowIfCancellationRequested);
            var judges = round == 1 && LabelsConfirmThemselves
                ? Array.ConvertAll(predicted, partition => ClassDistributions.OneHot(partition, _table.ClassCount))
                : posteriors;
            var confusions = Array.ConvertAll(judges, partition => LabelerConfusions.Estimate(_table, partition, _options));
            fitted = Sharpness(predicted, confusions);
            used = Math.Min(fitted * trust, Math.Max(fitted, 1));
            var likelihood = 0.0;
            for (var p = 0; p < _partitions; p++)
            {
                posteriors[p] = new double[posteriors[p].Length];
                likelihood += ConfusionEm.EStep(_table, Sharpen(predicted[p], used), confusions[p], posteriors[p]) / _partitions;
            }

            likelihood /= Math.Max(_table.Count, 1);
            var perRound = run.Time.GetElapsedTime(start) / (round - first + 1);
            run.Progress?.Report(new TrainingProgress(
                "consensus", round, rounds, -likelihood, "log_likelihood", likelihood, perRound * (rounds - round)));
            if (round == rounds)
            {
                // The classifiers that the last round fits are served: what it keeps is what they keep themselves.
                break;
            }

            run.Journal.Advance();
            section.Keep(state => Save(state, round, posteriors, classifier));
            if (run.Journal.IsDue)
            {
                run.Journal.Take("consensus", round, rounds);
            }
        }

        var consensus = Mean(posteriors);
        return new ConsensusResult(
            consensus, Mean(Array.ConvertAll(predicted, partition => Sharpen(partition, used))), LabelerConfusions.Estimate(_table, consensus, _options),
            ConfusionEm.ClassPrior(_table, consensus, smoothing: 1), used);
    }

    // A label that stands alone is taken to be right, and so is whoever gave it; the classifier, which learns the errors too, seems unsure. EM
    // stays there. Where labelers answered enough to be judged by the classes that features name, the first round does so and finds the way
    // out: with one label an item by labelers of 35 to 95 %, 97 % of items right instead of 88 %, of 45 to 60 %, 97 % instead of 52 %.
    private bool LabelsConfirmThemselves =>
        _table.Count < FewLabels * _table.ItemCount && _table.Count >= (long)EnoughOfALabeler * _table.LabelerCount;

    private static void Save(JournalState state, int round, double[][] posteriors, ICrossFitClassifier classifier)
    {
        state.Put("round", [round]);
        foreach (var (p, partition) in posteriors.Index())
        {
            // Every round makes new ones.
            state.Put($"posteriors.{p}", partition);
        }

        classifier.Save(state);
    }

    private static int Load(JournalState state, int rounds, double[][] posteriors, ICrossFitClassifier classifier)
    {
        for (var p = 0; p < posteriors.Length; p++)
        {
            posteriors[p] = new double[posteriors[p].Length];
            state.Read<double>($"posteriors.{p}", posteriors[p]);
        }

        classifier.Load(state);
        return state.Counters("round", rounds - 1)[0];
    }

    // The power of the classifier's distributions under which the annotations are likeliest; the mean over partitions. It is one number:
    // some thousands of items tell it well enough.
    private double Sharpness(double[][] predicted, LabelerConfusions[] confusions)
    {
        var classes = _table.ClassCount;
        var distributions = new float[_probe.Length * classes];
        var sum = 0.0;
        for (var p = 0; p < _partitions; p++)
        {
            for (var i = 0; i < distributions.Length; i++)
            {
                distributions[i] = (float)predicted[p][(_probe[i / classes] * classes) + (i % classes)];
            }

            sum += 1 / TemperatureScaling.FitToAnnotations(distributions, _probeTable, confusions[p]).Temperature;
        }

        return sum / _partitions;
    }

    private static AnnotationTable Thin(AnnotationTable table, int[] items)
    {
        var (rows, labelers, classes) = (new List<int>(), new List<int>(), new List<int>());
        for (var i = 0; i < items.Length; i++)
        {
            var (start, end) = table.RangeOfItem(items[i]);
            for (var a = start; a < end; a++)
            {
                rows.Add(i);
                labelers.Add(table.Labelers[a]);
                classes.Add(table.Classes[a]);
            }
        }

        return new AnnotationTable(items.Length, table.LabelerCount, table.ClassCount, [.. rows], [.. labelers], [.. classes]);
    }

    private double[] Sharpen(double[] distributions, double power)
    {
        var sharpened = new double[distributions.Length];
        for (var start = 0; start < sharpened.Length; start += _table.ClassCount)
        {
            var row = sharpened.AsSpan(start, _table.ClassCount);
            for (var k = 0; k < row.Length; k++)
            {
                row[k] = power * ClassDistributions.Log(distributions[start + k]);
            }

            ClassDistributions.SoftMax(row);
        }

        return sharpened;
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
