using LabelerService.Learning.Averaging;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// Fits a classifier together with a model of how labelers answer, by gradient, and serves the two: what the rivals that learn by
/// back-propagation have in common.
/// </summary>
internal static class AnswerNet
{
    private const double SmallestShare = 1e-6;

    /// <summary>Fits and serves.</summary>
    /// <param name="task">The data, and how the net is fitted.</param>
    /// <param name="network">A net with one head; the loss's own parameters are declared in its layout.</param>
    /// <param name="assignment">Whose answers are whose.</param>
    /// <param name="loss">The model of answers; owned.</param>
    /// <param name="initialise">Sets initial values of the loss's own parameters; null where zero is right.</param>
    /// <param name="confusions">Gives Θ [R, K, K] of the values learnt, rows true classes. Called without gradient, in a scope.</param>
    public static TrainedEnsemble Fit(
        LearningTask task, Network network, HeadAssignment assignment, NetworkLoss loss, Action<ParameterSet>? initialise,
        Func<ParameterSet, Tensor> confusions)
    {
        var parameters = NetworkFit.Fit(
            task, network, AnnotatedItems.WithHeads(task.Set, assignment), loss, candidate => Validate(task, network, candidate), initialise);
        var classifier = new HeadEnsemble(network, parameters, FixedWeights.Equal(1));
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var prior = Prior(new EnsembleRunner(classifier, task.Features).Predict(task.Set.Items), task.Classes);
            return new TrainedEnsemble(new ConfusionEnsemble(classifier, confusions(parameters), tensor(prior)), assignment);
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    /// <summary>Scores a net with one head on validation data.</summary>
    public static ValidationScore? Validate(LearningTask task, Network network, ParameterSet candidate) =>
        Validation.Score(task.Snapshot, task.Set, rows =>
        {
            using var averaging = FixedWeights.Equal(1);
            return new EnsembleRunner(HeadEnsemble.Borrowing(network, candidate, averaging), task.Features).Predict(rows);
        });

    // How common the classifier finds each class; never nothing.
    private static double[] Prior(float[] predicted, int classes)
    {
        var prior = new double[classes];
        for (var i = 0; i < predicted.Length; i++)
        {
            prior[i % classes] += predicted[i];
        }

        var total = prior.Sum() + (classes * SmallestShare);
        return Array.ConvertAll(prior, share => (share + SmallestShare) / total);
    }
}
