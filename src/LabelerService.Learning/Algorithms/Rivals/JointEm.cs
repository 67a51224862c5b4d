using LabelerService.Core.Aggregation;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
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
        // What the best round took the items to be before and after it: confusions follow from the one, the consensus is the other.
        (double[] Before, double[] After) best = (posteriors, posteriors);
        using var section = task.Run.Journal.Open();
        var first = 0;
        if (section.Reached is { } reached)
        {
            first = reached.Counters("rounds", epochs.Length)[0];
            (posteriors, best) = (reached.Get<double>("posteriors"), (reached.Get<double>("best.before"), reached.Get<double>("best.after")));
            targets = ClassDistributions.ToSingle(posteriors);
            classifier.Load(reached);
        }

        for (var round = first; round < epochs.Length && !classifier.IsDone; round++)
        {
            var isBest = classifier.Fit(targets, epochs[round]);
            var labelers = LabelerConfusions.Estimate(table, posteriors, confusions);
            var updated = new double[posteriors.Length];
            ConfusionEm.EStep(table, ClassDistributions.ToDouble(classifier.Predict()), labelers, updated);
            targets = ClassDistributions.ToSingle(updated);
            best = isBest ? (posteriors, updated) : best;
            posteriors = updated;
            Keep(section, round + 1, posteriors, best, classifier);
        }

        var prior = ConfusionEm.ClassPrior(table, ClassDistributions.ToDouble(ClassDistributions.ToSingle(best.After)), smoothing: 1);
        return new TrainedEnsemble(
            LabelerModel.Serve(classifier.Build(), LabelerConfusions.Estimate(table, best.Before, confusions), prior), assignment,
            ClassDistributions.ToSingle(best.After));
    }

    private static void Keep(
        JournalSection section, int rounds, double[] posteriors, (double[] Before, double[] After) best,
        RefinedClassifier classifier) =>
        section.Keep(state =>
        {
            state.Put("rounds", [rounds]);
            state.Put("posteriors", posteriors);
            state.Put("best.before", best.Before);
            state.Put("best.after", best.After);
            classifier.Save(state);
        });
}
