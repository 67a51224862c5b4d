using LabelerService.Core.Metrics;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Training;

/// <summary>Scores class distributions on validation data: gold of the validation split, else annotations held out.</summary>
internal static class Validation
{
    /// <summary>The score, or null where there is no validation data.</summary>
    /// <param name="snapshot">The data.</param>
    /// <param name="set">What of it validates.</param>
    /// <param name="predict">Gives the class distributions [n, K] of items, row-major.</param>
    public static ValidationScore? Score(TrainingSnapshot snapshot, TrainingSet set, Func<int[], float[]> predict)
    {
        var classes = snapshot.Schema.Classes.Count;
        if (set.ValidationItems.Length > 0)
        {
            var sample = new ClassificationSample(
                predict(set.ValidationItems), [.. set.ValidationItems.Select(n => snapshot.Gold[n])], classes);
            return new ValidationScore(sample.LogLoss(), sample.Accuracy());
        }

        // Mean −ln of the held-out labels' probability under what is served.
        return set.HeldOut.Count == 0
            ? null
            : new ValidationScore(new ClassificationSample(predict(set.HeldOut.Items), set.HeldOut.Classes, classes).LogLoss(), null);
    }
}
