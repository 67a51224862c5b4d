namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>Items of one part of a cross-fit: those that a classifier is fitted to, and those that it predicts.</summary>
/// <param name="Repeat">Which of the repeated partitions this belongs to.</param>
/// <param name="Train">Indexes of the items to fit to.</param>
/// <param name="HeldOut">Indexes of the items to predict; never empty.</param>
internal sealed record Fold(int Repeat, int[] Train, int[] HeldOut);

/// <summary>Partitions for cross-fitting.</summary>
internal static class Folds
{
    /// <summary>
    /// Random partitions into parts of equal size; each item is held out once a repeat. With fewer than two items there is nothing to
    /// hold out: the one item is fitted to and predicted.
    /// </summary>
    /// <param name="items">Number of items.</param>
    /// <param name="parts">Parts of a partition.</param>
    /// <param name="repeats">Number of partitions.</param>
    /// <param name="random">Draws them.</param>
    public static Fold[] Draw(int items, int parts, int repeats, Random random)
    {
        if (items < 2)
        {
            int[] all = [.. Enumerable.Range(0, items)];
            return [new Fold(0, all, all)];
        }

        parts = Math.Min(parts, items);
        var folds = new List<Fold>();
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            int[] order = [.. Enumerable.Range(0, items)];
            random.Shuffle(order);
            for (var part = 0; part < parts; part++)
            {
                var (start, end) = ((int)((long)items * part / parts), (int)((long)items * (part + 1) / parts));
                folds.Add(new Fold(
                    repeat, [.. order.Where((_, i) => i < start || i >= end).Order()], [.. order[start..end].Order()]));
            }
        }

        return [.. folds];
    }
}
