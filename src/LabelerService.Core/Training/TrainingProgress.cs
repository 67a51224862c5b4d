namespace LabelerService.Core.Training;

/// <summary>Where a training run stands, reported after each epoch.</summary>
/// <param name="Phase">What is being learnt: <c>network</c> (backbone and heads) or <c>averaging</c> (weights of the heads).</param>
/// <param name="Epoch">Epochs done in this phase, from 1.</param>
/// <param name="Epochs">Most epochs of this phase.</param>
/// <param name="Loss">Mean training loss of the epoch.</param>
/// <param name="ValidationMetric">Name of <paramref name="ValidationValue"/>; null where there is no validation data.</param>
/// <param name="ValidationValue">The metric that chooses the epoch to keep, on validation data.</param>
/// <param name="Remaining">Estimated time to the end of the run, if it does not stop early.</param>
public sealed record TrainingProgress(
    string Phase, int Epoch, int Epochs, double Loss, string? ValidationMetric, double? ValidationValue, TimeSpan Remaining);
