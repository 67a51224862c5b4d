using LabelerService.Core.Metrics;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Training;

/// <summary>Scores class distributions on validation data: gold of the validation split, else annotations held out.</summary>
internal static class Validation
{
    // Values of heads in one score: there is one after every epoch, and it must not take longer than the epoch.
    private const long MostValues = 10_000_000;
    private const int FewestItems = 500;

    /// <summary>The score, or null where there is no validation data.</summary>
    /// <param name="snapshot">The data.</param>
    /// <param name="set">What of it validates.</param>
    /// <param name="predict">Gives the class distributions [n, K] of items, row-major.</param>
    /// <param name="heads">Number of heads that a prediction takes: with very many, the data is evenly thinned.</param>
    public static ValidationScore? Score(TrainingSnapshot snapshot, TrainingSet set, Func<int[], float[]> predict, int heads = 1)
    {
        var classes = snapshot.Schema.Classes.Count;
        var most = MostItems(heads, classes);
        if (set.ValidationItems.Length > 0)
        {
            int[] items = [.. Thinned.Indexes(set.ValidationItems.Length, most).Select(i => set.ValidationItems[i])];
            var sample = new ClassificationSample(predict(items), [.. items.Select(n => snapshot.Gold[n])], classes);
            return new ValidationScore(sample.LogLoss(), sample.Accuracy());
        }

        if (set.HeldOut.Count == 0)
        {
            return null;
        }

        // Mean −ln of the held-out labels' probability under what is served.
        var heldOut = Thinned.Indexes(set.HeldOut.Count, most);
        return new ValidationScore(
            new ClassificationSample(
                predict([.. heldOut.Select(a => set.HeldOut.Items[a])]), [.. heldOut.Select(a => set.HeldOut.Classes[a])], classes).LogLoss(),
            null);
    }

    /// <summary>Most items or annotations that a score is taken over.</summary>
    public static int MostItems(int heads, int classes) => (int)Math.Max(FewestItems, MostValues / ((long)heads * classes));
}
