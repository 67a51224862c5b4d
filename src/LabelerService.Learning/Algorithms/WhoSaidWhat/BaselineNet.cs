using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Algorithms.WhoSaidWhat;

/// <summary>The baseline net: one head, trained on what each item's labels come to (Who Said What, section 3, BN).</summary>
internal sealed class BaselineNet : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task) => new(
        ClassifierFit.Fit(task, task.Set.Targets(task.Settings.Target, task.Classes)), HeadAssignment.Shared(task.Snapshot, task.Set));
}
