using LabelerService.Core.Aggregation;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>
/// A classifier of the consensus, cross-fitted with labelers' confusions (<see cref="ConsensusFit"/>), served with every labeler's
/// answers: p_r(y|x) = Σ_k p(k|x) Θ_r(y|k).
/// </summary>
internal sealed class ConsensusNet : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var (settings, set) = (task.Settings, task.Set);
        var assignment = HeadAssignment.PerLabeler(task.Snapshot, set, 1);
        var folds = Folds.Draw(set.Items.Length, settings.Folds, settings.Repeats, task.Streams.Managed(RandomStream.Folds));
        var table = set.Table(task.Classes, assignment);
        using var generator = task.Streams.Native(RandomStream.RandomFeatures);
        using ICrossFitClassifier classifier = settings.Classifier switch
        {
            ConsensusClassifier.Discriminant => new DiscriminantCrossFit(
                task, folds, new DiscriminantOptions(settings.CovarianceShrinkage, settings.ClassifierTemperature, RandomUnits: 0), generator),
            ConsensusClassifier.RandomFeatures => new DiscriminantCrossFit(
                task, folds,
                new DiscriminantOptions(settings.CovarianceShrinkage, settings.ClassifierTemperature, settings.RandomUnits), generator),
            _ => new NetCrossFit(task, folds),
        };
        var result = new ConsensusFit(table, folds, new ConfusionOptions { Shrinkage = settings.ConfusionShrinkage })
            .Run(classifier, settings.Rounds, task.Run);

        using var scope = NewDisposeScope();
        var matrices = new double[checked(assignment.Count * task.Classes * task.Classes)];
        for (var r = 0; r < assignment.Count; r++)
        {
            result.Confusions.Matrix(r).CopyTo(matrices, r * task.Classes * task.Classes);
        }

        var ensemble = new ConfusionEnsemble(
            classifier.Build(), tensor(matrices, assignment.Count, task.Classes, task.Classes), tensor(result.ClassPrior));
        return new TrainedEnsemble(ensemble, assignment, Array.ConvertAll(result.Posteriors, value => (float)value));
    }
}
