using LabelerService.Core.Aggregation;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>
/// A classifier of the consensus, cross-fitted with labelers' confusions (<see cref="ConsensusFit"/>), served with every labeler's
/// answers: p_r(y|x) = Σ_k p(k|x) Θ_r(y|k). The last head answers like the common confusion: it is that of labelers who come later.
/// </summary>
internal sealed class ConsensusNet : ILearningAlgorithm
{
    private const long MostCells = 25_000_000;

    public TrainedEnsemble Train(LearningTask task)
    {
        var (settings, set) = (task.Settings, task.Set);
        var assignment = Assign(task);
        var folds = Folds.Draw(set.Items.Length, settings.Folds, settings.Repeats, task.Streams.Managed(RandomStream.Folds));
        var table = set.Table(task.Classes, assignment);
        using var generator = task.Streams.Native(RandomStream.RandomFeatures);
        using var classifier = Classifier(task, folds, generator);
        var result = new ConsensusFit(table, folds, new ConfusionOptions { Shrinkage = settings.ConfusionShrinkage })
            .Run(classifier, settings.Rounds, settings.FeatureTrust, task.Run);

        using var scope = NewDisposeScope();
        var matrices = new double[checked(assignment.Count * task.Classes * task.Classes)];
        for (var r = 0; r < assignment.Count; r++)
        {
            result.Confusions.Matrix(r).CopyTo(matrices, r * task.Classes * task.Classes);
        }

        var ensemble = new ConfusionEnsemble(
            classifier.Build(result.Sharpness), tensor(matrices, assignment.Count, task.Classes, task.Classes), tensor(result.ClassPrior),
            lastIsShared: true);
        return new TrainedEnsemble(
            ensemble, assignment, ClassDistributions.ToSingle(result.Posteriors), ClassDistributions.ToSingle(result.OutOfFold));
    }

    // A matrix for every labeler as long as they fit; where they do not, those with the fewest annotations answer like the common one, which
    // shrinkage makes them do nearly in any case.
    private static HeadAssignment Assign(LearningTask task)
    {
        var (fewest, cells) = (1, (long)task.Classes * task.Classes);
        while (true)
        {
            var assignment = HeadAssignment.WithShared(task.Snapshot, task.Set, fewest);
            if (assignment.Count * cells <= MostCells || assignment.Count == 1)
            {
                return assignment;
            }

            fewest *= 2;
        }
    }

    /// <summary>The kind of classifier that a task's settings ask for.</summary>
    /// <param name="task">Settings and features.</param>
    /// <param name="folds">The parts of the cross-fit.</param>
    /// <param name="generator">Draws random features.</param>
    public static ICrossFitClassifier Classifier(LearningTask task, Fold[] folds, Generator generator) => task.Settings.Classifier switch
    {
        ConsensusClassifier.Discriminant => new DiscriminantCrossFit(
            task, folds, new DiscriminantOptions(task.Settings.CovarianceShrinkage, RandomUnits: 0), generator),
        ConsensusClassifier.RandomFeatures => new DiscriminantCrossFit(
            task, folds, new DiscriminantOptions(task.Settings.CovarianceShrinkage, task.Settings.RandomUnits), generator),
        ConsensusClassifier.Logistic => new LogisticCrossFit(task, folds, task.Settings.Ridge),
        _ => new NetCrossFit(task, folds),
    };
}
