using LabelerService.Core.Aggregation;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>What the algorithms have in common that describe a labeler by a confusion matrix.</summary>
internal static class LabelerModel
{
    /// <summary>Most numbers R·K·K in all confusion matrices together: training holds six of each, a served model one.</summary>
    public const long MaximumCells = 25_000_000;

    /// <summary>A head for every labeler with training annotations.</summary>
    /// <exception cref="ServiceException">
    /// <see cref="ErrorKind.FailedPrecondition"/>: more than <see cref="MaximumCells"/> numbers would be needed.
    /// </exception>
    public static HeadAssignment Heads(LearningTask task)
    {
        var assignment = HeadAssignment.PerLabeler(task.Snapshot, task.Set, minAnnotations: 1);
        var cells = (long)assignment.Count * task.Classes * task.Classes;
        return cells <= MaximumCells
            ? assignment
            : throw new ServiceException(
                ErrorKind.FailedPrecondition, "TOO_MANY_CONFUSIONS",
                $"{assignment.Count} labelers with confusions of {task.Classes} classes are {cells} numbers; {task.Settings.Algorithm} "
                + $"takes up to {MaximumCells}. Use bn, or a doctor net with min_annotations set.");
    }

    /// <summary>Confusions shrunk towards the common one as the settings say.</summary>
    public static ConfusionOptions Shrunken(TrainingSettings settings) => new() { Shrinkage = settings.ConfusionPrior };

    /// <summary>A classifier served with the confusions of the labelers.</summary>
    /// <param name="classifier">The classifier; owned by the result.</param>
    /// <param name="confusions">How labelers answer.</param>
    /// <param name="classPrior">How common each true class is [K].</param>
    public static Ensemble Serve(Ensemble classifier, LabelerConfusions confusions, double[] classPrior)
    {
        using var scope = NewDisposeScope();
        var (labelers, classes) = (confusions.LabelerCount, confusions.ClassCount);
        var theta = new float[checked(labelers * classes * classes)];
        var at = 0;
        for (var r = 0; r < labelers; r++)
        {
            for (var k = 0; k < classes; k++)
            {
                for (var y = 0; y < classes; y++)
                {
                    theta[at++] = (float)confusions.Probability(r, k, y);
                }
            }
        }

        return new ConfusionEnsemble(classifier, tensor(theta, labelers, classes, classes), tensor(classPrior));
    }
}
