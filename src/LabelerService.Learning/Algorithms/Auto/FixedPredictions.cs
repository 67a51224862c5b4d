using LabelerService.Learning.Algorithms.Consensus;
using LabelerService.Learning.Ensembles;

namespace LabelerService.Learning.Algorithms.Auto;

/// <summary>Out-of-fold predictions that are known already: EM then only estimates labelers.</summary>
internal sealed class FixedPredictions(double[] predictions) : ICrossFitClassifier
{
    public double[][] FitPredict(double[][] targets, Action progress) => [predictions];

    public Ensemble Build(double sharpness) => throw new InvalidOperationException("Predictions alone are no classifier.");

    public void Dispose()
    {
        // Nothing is owned.
    }
}
