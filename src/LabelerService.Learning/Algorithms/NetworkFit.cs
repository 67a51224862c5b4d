using LabelerService.Core.Training;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Quantising;
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
            Start(task, network, parameters, initialise);
            var quantiser = WeightQuantiser.Create(settings, network, task.Streams.Derive(RandomStream.Rounding));
            quantiser?.Start(parameters);
            using var dropping = task.Streams.Native(RandomStream.Dropout);
            using var problem = new NetworkProblem(
                network, task.Features, annotated, loss, validate, settings.BatchSize, new Dropout(settings.Dropout, dropping),
                task.Streams.Managed(RandomStream.NetworkOrder));
            new FitLoop(task.Run, task.Run.Progress, laterEpochs).Run(problem, parameters, Options(settings, quantiser));
            quantiser?.Deploy(parameters, parameters);
            return parameters;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <summary>Sets initial values: drawn, but for those of a pretrained backbone, which stay as they are where it is not to be trained on.</summary>
    /// <param name="task">Settings, random draws, and the pretrained backbone where there is one.</param>
    /// <param name="network">The net's shape.</param>
    /// <param name="parameters">Receives the values.</param>
    /// <param name="initialise">Sets initial values of parameters of the loss's own; null where zero is right.</param>
    public static void Start(LearningTask task, Network network, ParameterSet parameters, Action<ParameterSet>? initialise = null)
    {
        using var initialisation = task.Streams.Native(RandomStream.Initialisation);
        network.Initialise(parameters, initialisation);
        initialise?.Invoke(parameters);
        if (task.Run.Backbone is { } pretrained)
        {
            pretrained.ApplyBackbone(network, parameters);
            parameters.Freeze(task.Settings.FineTune == Switch.Off ? network.BackboneParameters : 0);
        }
    }

    private static FitOptions Options(TrainingSettings settings, WeightQuantiser? quantiser) => new(
        settings.Epochs, settings.LearningRate, settings.L1, settings.WeightDecay, settings.PolyakDecay, settings.Patience,
        settings.Selection, InitialCounts: false)
    {
        Quantiser = quantiser,
    };
}
