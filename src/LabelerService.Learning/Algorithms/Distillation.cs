using LabelerService.Core.Datasets;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms;

/// <summary>
/// Trains one head on the settings' backbone to say what an ensemble says (Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural
/// Network, 2015, at temperature 1): the cost of one head, however many labelers there are. Items without annotations teach as well as
/// others, so all of the training split is used.
/// </summary>
internal static class Distillation
{
    /// <summary>The distilled model; takes raw features.</summary>
    /// <param name="task">Settings, features and random draws.</param>
    /// <param name="teacher">The ensemble; takes raw features.</param>
    public static Ensemble Fit(LearningTask task, Ensemble teacher)
    {
        int[] items = [.. Enumerable.Range(0, task.Snapshot.Splits.Length).Where(n => task.Snapshot.Splits[n] == Split.Train)];
        var progress = task.Run.Progress is { } inner ? new Renamed(inner) : null;
        // The student is a net, whatever the teacher reads items with.
        using var student = task.With(task.Settings with { Classifier = ConsensusClassifier.Net }, task.Streams.Child(2), TrainingSet.OfItems(items), task.Run with { Progress = progress });
        return new ScaledEnsemble(
            student.Scaling.Copy(), ClassifierFit.Fit(student, new EnsembleRunner(teacher, task.Raw).Predict(items)));
    }

    private sealed class Renamed(IProgress<TrainingProgress> inner) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => inner.Report(value with { Phase = "distilling" });
    }
}
