using LabelerService.Core.Aggregation;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// Labels first, features later: the posterior of <see cref="WelinderPerona"/> (CVPR workshops 2010), which looks at annotations alone,
/// is what a classifier is then trained on (Who Said What, section 4).
/// </summary>
internal sealed class WelinderPeronaNet : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var assignment = LabelerModel.Heads(task);
        var labels = WelinderPerona.Fit(task.Set.Table(task.Classes, assignment), cancellationToken: task.Run.Cancel);
        var posteriors = labels.PosteriorsSingle();
        return new TrainedEnsemble(
            LabelerModel.Serve(ClassifierFit.Fit(task, posteriors), labels.Confusions, labels.ClassPrior), assignment, posteriors);
    }
}
