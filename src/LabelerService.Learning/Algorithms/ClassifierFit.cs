using LabelerService.Learning.Averaging;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms;

/// <summary>Fits one softmax head on a backbone to class distributions of items: the classifier that label models are joined with.</summary>
internal static class ClassifierFit
{
    /// <summary>Fits a classifier.</summary>
    /// <param name="task">Settings, features and random draws.</param>
    /// <param name="targets">Class distribution of each item of the training set [n, K], row-major.</param>
    /// <param name="items">Indexes into <see cref="TrainingSet.Items"/> to train on; null for all.</param>
    /// <param name="laterEpochs">Epochs of fits that follow, for the estimate of the time left.</param>
    /// <param name="initialise">Sets start values of the net; null where those drawn are wanted.</param>
    /// <param name="fitted">Called with the chosen values; null for nothing.</param>
    /// <returns>An ensemble with one head, which takes transformed features.</returns>
    public static Ensemble Fit(LearningTask task, float[] targets, IReadOnlyList<int>? items = null, int laterEpochs = 0,
        Action<Network, ParameterSet>? initialise = null, Action<Network, ParameterSet>? fitted = null)
    {
        var network = new Network(task.Settings, task.Snapshot.Encoding, 1, task.Classes);
        var parameters = NetworkFit.Fit(
            task, network, AnnotatedItems.WithoutAnnotations(task.Set, items), new SoftLabelNetworkLoss(network, targets),
            candidate => Validate(task, network, candidate), initialise is null ? null : values => initialise(network, values), laterEpochs);
        fitted?.Invoke(network, parameters);
        return new HeadEnsemble(network, parameters, FixedWeights.Equal(1));
    }

    private static ValidationScore? Validate(LearningTask task, Network network, ParameterSet candidate) =>
        Validation.Score(task.Snapshot, task.Set, rows =>
        {
            using var averaging = FixedWeights.Equal(network.Heads.Count);
            return new EnsembleRunner(HeadEnsemble.Borrowing(network, candidate, averaging), task.Features).Predict(rows);
        });
}
