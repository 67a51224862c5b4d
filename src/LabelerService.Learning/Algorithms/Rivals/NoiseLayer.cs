using LabelerService.Core.Aggregation;
using LabelerService.Core.Training;
using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// A noise layer behind the net (Mnih, Hinton: Learning to Label Aerial Images from Noisy Data, ICML 2012), in the form that Who Said
/// What compares with (section 4): one noise matrix for all labelers; with noise=labeler one for each. Generalised EM: in each of
/// em_rounds rounds the net goes on for epochs/em_rounds passes only, so that it costs what a baseline net costs.
/// </summary>
internal sealed class NoiseLayer : ILearningAlgorithm
{
    private static readonly ConfusionOptions SharedNoise = new() { Form = ConfusionForm.Full, Shrinkage = 0, Smoothing = 0.01 };

    public TrainedEnsemble Train(LearningTask task)
    {
        var settings = task.Settings;
        var rounds = Math.Min(settings.EmRounds, settings.Epochs);
        int[] epochs = [.. Enumerable.Range(0, rounds).Select(t => (settings.Epochs * (t + 1) / rounds) - (settings.Epochs * t / rounds))];
        return settings.Noise == NoiseKind.Shared
            ? JointEm.Train(task, HeadAssignment.Shared(task.Snapshot, task.Set), SharedNoise, epochs)
            : JointEm.Train(task, LabelerModel.Heads(task), LabelerModel.Shrunken(settings), epochs);
    }
}
