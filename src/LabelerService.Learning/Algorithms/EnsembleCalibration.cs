using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Calibration;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Algorithms;

/// <summary>Makes an ensemble as sure as it is right, by one temperature (<see cref="TemperatureEnsemble"/>).</summary>
internal static class EnsembleCalibration
{
    // With fewer, a temperature is a guess.
    private const int FewestGold = 20;

    /// <summary>The ensemble calibrated as the task's settings say; takes features as the ensemble does.</summary>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/>: gold is asked for and there is hardly any.</exception>
    public static TrainedEnsemble Apply(LearningTask task, TrainedEnsemble trained)
    {
        var temperature = task.Settings.Calibration switch
        {
            CalibrationTarget.Gold => ByGold(task, trained.Ensemble),
            CalibrationTarget.Labelers => ByLabelers(task, trained),
            _ => 1,
        };
        return temperature == 1
            ? trained
            : trained with { Ensemble = new TemperatureEnsemble(trained.Ensemble, temperature), Temperature = temperature };
    }

    private static double ByGold(LearningTask task, Ensemble ensemble)
    {
        var items = task.Set.ValidationItems;
        if (items.Length < FewestGold)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_GOLD",
                $"calibration=gold needs gold for {FewestGold} items of the validation split, and there is gold for {items.Length}. "
                + "Import gold for it, or set calibration=labelers.");
        }

        return TemperatureScaling.FitToGold(
            new EnsembleRunner(ensemble, task.Features).Predict(items), [.. items.Select(n => task.Snapshot.Gold[n])], task.Classes).Temperature;
    }

    private static double ByLabelers(LearningTask task, TrainedEnsemble trained)
    {
        if (trained is { OutOfFold: { } outOfFold, Consensus: { } consensus })
        {
            // Not to the labels themselves: on hard items labelers err together, and a classifier would be taken to be less sure than it is.
            return TemperatureScaling.FitToDistributions(outOfFold, consensus, task.Classes).Temperature;
        }

        var heldOut = task.Set.HeldOut;
        if (heldOut.Count == 0)
        {
            return 1;
        }

        var assignment = HeadAssignment.PerLabeler(task.Snapshot, task.Set, 1);
        var runner = new EnsembleRunner(trained.Ensemble, task.Features);
        var confusions = ConfusionEm.Fit(
            task.Set.Table(task.Classes, assignment), itemPrior: ClassDistributions.ToDouble(runner.Predict(task.Set.Items)),
            cancellationToken: task.Run.Cancel).Confusions;
        var rows = heldOut.Items.Distinct().Order().ToArray();
        // A labeler whose annotations are all held out is nobody the confusions know.
        var unknown = assignment.Count;
        var table = new AnnotationTable(
            rows.Length, assignment.Count + 1, task.Classes, [.. heldOut.Items.Select(item => Array.BinarySearch(rows, item))],
            [.. heldOut.Labelers.Select(labeler => assignment[labeler] is >= 0 and var head ? head : unknown)], heldOut.Classes);
        return TemperatureScaling.FitToAnnotations(runner.Predict(rows), table, confusions).Temperature;
    }
}
