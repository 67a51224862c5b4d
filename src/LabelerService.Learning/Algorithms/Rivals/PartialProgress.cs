using LabelerService.Core.Training;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>Reports the epochs of one fit as epochs of the run that it is part of.</summary>
/// <param name="whole">Whom to report to.</param>
/// <param name="done">Epochs of the fits before.</param>
/// <param name="total">Epochs of all fits.</param>
internal sealed class PartialProgress(IProgress<TrainingProgress> whole, int done, int total) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => whole.Report(value with { Epoch = done + value.Epoch, Epochs = total });
}
