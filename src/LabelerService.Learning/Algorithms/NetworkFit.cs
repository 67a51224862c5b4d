using LabelerService.Core.Training;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms;

/// <summary>Fits a net as a task's settings say: what all algorithms that train one by gradient have in common.</summary>
internal static class NetworkFit
{
    /// <summary>Draws initial values, fits, and gives the chosen ones.</summary>
    /// <param name="task">Settings, features and random draws.</param>
    /// <param name="network">The net's shape; parameters of the loss's own are declared in its layout.</param>
    /// <param name="annotated">The items to train on.</param>
    /// <param name="loss">What is learnt; owned by the fit.</param>
    /// <param name="validate">Scores values on validation data.</param>
    /// <param name="initialise">Sets initial values of parameters of the loss's own; null where zero is right.</param>
    /// <param name="laterEpochs">Epochs of phases that follow, for the estimate of the time left.</param>
    public static ParameterSet Fit(
        LearningTask task, Network network, AnnotatedItems annotated, NetworkLoss loss, Func<ParameterSet, ValidationScore?> validate,
        Action<ParameterSet>? initialise = null, int laterEpochs = 0)
    {
        var settings = task.Settings;
        var parameters = new ParameterSet(network.Layout, trainable: true);
        try
        {
            using var initialisation = task.Streams.Native(RandomStream.Initialisation);
            network.Initialise(parameters, initialisation);
            initialise?.Invoke(parameters);
            using var dropping = task.Streams.Native(RandomStream.Dropout);
            using var problem = new NetworkProblem(
                network, task.Features, annotated, loss, validate, settings.BatchSize, new Dropout(settings.Dropout, dropping),
                task.Streams.Managed(RandomStream.NetworkOrder));
            new FitLoop(task.Run, task.Run.Progress, laterEpochs).Run(problem, parameters, Options(settings));
            return parameters;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    private static FitOptions Options(TrainingSettings settings) => new(
        settings.Epochs, settings.LearningRate, settings.L1, settings.WeightDecay, settings.PolyakDecay, settings.Patience,
        settings.Selection, InitialCounts: false);
}
