using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.CrowdLab;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms.Consensus;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// CROWDLAB (Goh, Tkachenko, Mueller 2022, arXiv:2210.06812): a classifier trained on mean labels predicts each item out of fold; its
/// distribution and each of the item's labelers, who count as "right with probability P", are averaged by weights that come from
/// agreement (see <see cref="CrowdLabConsensus"/>). The classifier that is served is trained on that consensus, as soft labels. Labelers
/// are served with their confusions against the consensus.
/// </summary>
internal sealed class CrowdLab : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var assignment = LabelerModel.Heads(task);
        var table = task.Set.Table(task.Classes, assignment);
        var folds = Folds.Draw(task.Set.Items.Length, task.Settings.Folds, repeats: 1, task.Streams.Managed(RandomStream.Folds));
        var outOfFold = OutOfFold(task, folds);
        var consensus = CrowdLabConsensus.Combine(table, outOfFold);
        var targets = ClassDistributions.ToSingle(consensus);
        var confusions = LabelerConfusions.Estimate(table, Labels(consensus, task.Classes), LabelerModel.Shrunken(task.Settings));
        return new TrainedEnsemble(
            LabelerModel.Serve(Fit(task, targets, items: null, folds.Length, folds.Length), confusions, ConfusionEm.ClassPrior(table, consensus, smoothing: 1)),
            assignment, targets, ItemPriors: ClassDistributions.ToSingle(outOfFold));
    }

    // The likeliest class as a distribution: labelers are judged by consensus labels, as in the paper.
    private static double[] Labels(double[] consensus, int classes)
    {
        var labels = new double[consensus.Length];
        var tops = ClassDistributions.Tops(consensus, classes);
        for (var n = 0; n < tops.Length; n++)
        {
            labels[(n * classes) + tops[n]] = 1;
        }

        return labels;
    }

    // Class distributions [n, K] by classifiers that did not see the item; a single item is predicted by the one that did.
    private static double[] OutOfFold(LearningTask task, Fold[] folds)
    {
        var targets = task.Set.Targets(LabelTarget.Mean, task.Classes);
        var predicted = new double[targets.Length];
        for (var fold = 0; fold < folds.Length; fold++)
        {
            using var classifier = Fit(task, targets, folds[fold].Train, fold, folds.Length);
            var held = folds[fold].HeldOut;
            var rows = new EnsembleRunner(classifier, task.Features).Predict([.. held.Select(i => task.Set.Items[i])]);
            for (var i = 0; i < rows.Length; i++)
            {
                predicted[(held[i / task.Classes] * task.Classes) + (i % task.Classes)] = rows[i];
            }
        }

        return predicted;
    }

    // One of folds + 1 fits; the last is that of the classifier that is served.
    private static Ensemble Fit(LearningTask task, float[] targets, int[]? items, int fit, int folds)
    {
        var epochs = task.Settings.Epochs;
        var run = task.Run.Progress is { } whole
            ? task.Run with { Progress = new PartialProgress(whole, fit * epochs, (folds + 1) * epochs) }
            : task.Run;
        using var part = task.With(task.Settings, task.Streams, run: run);
        return ClassifierFit.Fit(part, targets, items, laterEpochs: (folds - fit) * epochs);
    }
}
