using LabelerService.Core.Aggregation;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms.Rivals;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms.WhoSaidWhat;

/// <summary>
/// The baseline net: one head, trained on what each item's labels come to (Who Said What, section 3, BN): their mean, their majority, or
/// the posterior of Dawid and Skene's EM (1979) with each labeler's confusion shrunk towards the common one, without which labelers with
/// few labels mislead it.
/// </summary>
internal sealed class BaselineNet : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var shared = HeadAssignment.Shared(task.Snapshot, task.Set);
        if (task.Settings.Target != LabelTarget.DawidSkene)
        {
            return Fit(task, task.Set.Targets(task.Settings.Target, task.Classes), shared);
        }

        var everyone = HeadAssignment.PerLabeler(task.Snapshot, task.Set, minAnnotations: 1);
        var posteriors = ConfusionEm.Fit(
            task.Set.Table(task.Classes, everyone),
            new ConfusionEmOptions { Confusions = LabelerModel.Shrunken(task.Settings) },
            cancellationToken: task.Run.Cancel).PosteriorsSingle();
        return Fit(task, posteriors, shared) with { Consensus = posteriors };
    }

    private static TrainedEnsemble Fit(LearningTask task, float[] targets, HeadAssignment shared)
    {
        byte[]? weights = null;
        var ensemble = ClassifierFit.Fit(
            task, targets, initialise: task.Run.Start is { } start ? (network, values) => start.Apply(network, values, shared) : null,
            fitted: (network, values) => weights = NetworkWeights.ToBytes(network, values, shared));
        return new TrainedEnsemble(ensemble, shared, Weights: weights);
    }
}
