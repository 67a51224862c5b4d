using LabelerService.Learning.Averaging;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms.WhoSaidWhat;

/// <summary>The second phase of the weighted nets.</summary>
internal static class WeightFit
{
    /// <summary>Learns the averaging weights of a frozen net.</summary>
    public static HeadAveraging Fit(LearningTask task, Network network, ParameterSet frozen, HeadAssignment assignment)
    {
        var settings = task.Settings;
        using var problem = new AveragingProblem(
            network, frozen, task.Features, task.Snapshot, task.Set, assignment, settings, task.Streams.Managed(RandomStream.AveragingOrder));
        using var logits = problem.EqualLogits();
        if (problem.ItemCount > 0)
        {
            // Equal weights are a candidate too: weights that do worse on validation data than none are not worth having.
            new FitLoop(task.Run.Time, task.Run.Progress, laterEpochs: 0, task.Run.Cancel).Run(problem, logits, new FitOptions(
                settings.AveragingEpochs, settings.AveragingLearningRate, settings.AveragingL1, settings.AveragingL2,
                settings.PolyakDecay, settings.Patience, settings.Selection, InitialCounts: true));
        }

        return problem.Averaging(logits);
    }
}
