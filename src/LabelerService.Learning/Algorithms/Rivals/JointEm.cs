using LabelerService.Core.Aggregation;
using LabelerService.Core.Training;
using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// EM over the true class m of each item with a classifier p(m|x) as its prior: r_n(m) ∝ p(m|x_n) Π_{i∈S_n} Θ_i(y_ni|m); then the
/// classifier is fitted to r and Θ to the expected counts. The classifier predicts the items that it was fitted to, as in the papers.
/// </summary>
internal static class JointEm
{
    /// <summary>Runs the rounds; starts from the mean labels.</summary>
    /// <param name="task">The data, and how the net is fitted.</param>
    /// <param name="assignment">Whose confusion is whose.</param>
    /// <param name="confusions">How confusions are estimated.</param>
    /// <param name="epochs">Passes over the items in each round [T].</param>
    public static TrainedEnsemble Train(LearningTask task, HeadAssignment assignment, ConfusionOptions confusions, int[] epochs)
    {
        var table = task.Set.Table(task.Classes, assignment);
        using var classifier = new RefinedClassifier(task, epochs.Sum());
        var targets = task.Set.Targets(LabelTarget.Mean, task.Classes);
        var posteriors = ClassDistributions.ToDouble(targets);
        (LabelerConfusions? Labelers, float[] Consensus) best = (null, targets);
        for (var round = 0; round < epochs.Length && !classifier.IsDone; round++)
        {
            var isBest = classifier.Fit(targets, epochs[round]);
            var labelers = LabelerConfusions.Estimate(table, posteriors, confusions);
            ConfusionEm.EStep(table, ClassDistributions.ToDouble(classifier.Predict()), labelers, posteriors);
            targets = ClassDistributions.ToSingle(posteriors);
            best = isBest ? (labelers, targets) : best;
        }

        var prior = ConfusionEm.ClassPrior(table, ClassDistributions.ToDouble(best.Consensus), smoothing: 1);
        return new TrainedEnsemble(LabelerModel.Serve(classifier.Build(), best.Labelers!, prior), assignment, best.Consensus);
    }
}
