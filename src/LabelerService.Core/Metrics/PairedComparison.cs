namespace LabelerService.Core.Metrics;

/// <summary>Two models on the same items.</summary>
/// <param name="Count">Number of items with gold.</param>
/// <param name="AccuracyDifference">Accuracy of the second minus that of the first.</param>
/// <param name="AccuracyInterval">Its paired bootstrap interval.</param>
/// <param name="LogLossDifference">Log loss of the second minus that of the first, in nats: negative where the second is better.</param>
/// <param name="LogLossInterval">Its paired bootstrap interval.</param>
/// <param name="OnlyFirstRight">Items only the first had right.</param>
/// <param name="OnlySecondRight">Items only the second had right.</param>
/// <param name="McNemarP">Two-sided exact p-value of equal accuracy.</param>
public sealed record PairedResult(
    int Count,
    double AccuracyDifference,
    Interval AccuracyInterval,
    double LogLossDifference,
    Interval LogLossInterval,
    int OnlyFirstRight,
    int OnlySecondRight,
    double McNemarP);

/// <summary>A difference of two means or ratios over the same rows.</summary>
/// <param name="Difference">The second minus the first.</param>
/// <param name="Interval">Its paired bootstrap interval.</param>
public readonly record struct PairedDifference(double Difference, Interval Interval);

/// <summary>Comparisons that use that two models saw the same items: what is hard for both cancels.</summary>
public static class PairedComparison
{
    /// <summary>Compares two models by gold.</summary>
    /// <param name="first">Class distributions of the first model, row-major [N, K].</param>
    /// <param name="second">Class distributions of the second model, row-major [N, K].</param>
    /// <param name="gold">Gold class of each of the N items; items with −1 (none) are left out.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="resamples">Number of bootstrap resamples.</param>
    /// <param name="seed">Seed of the resamples.</param>
    /// <param name="level">Share of the resamples inside the intervals.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a gold class is not below K.</exception>
    public static PairedResult Compare(
        ReadOnlySpan<float> first,
        ReadOnlySpan<float> second,
        ReadOnlySpan<int> gold,
        int classCount,
        int resamples,
        long seed,
        double level = 0.95)
    {
        var a = new ClassificationSample(first, gold, classCount);
        var b = new ClassificationSample(second, gold, classCount);
        int onlyFirst = 0, onlySecond = 0;
        Span<int> one = stackalloc int[1];
        for (var row = 0; row < a.Count; row++)
        {
            one[0] = row;
            var (rightFirst, rightSecond) = (a.Accuracy(one) > 0, b.Accuracy(one) > 0);
            onlyFirst += rightFirst && !rightSecond ? 1 : 0;
            onlySecond += rightSecond && !rightFirst ? 1 : 0;
        }

        return new PairedResult(
            a.Count,
            b.Accuracy() - a.Accuracy(),
            Bootstrap.Percentile(a.Count, rows => b.Accuracy(rows) - a.Accuracy(rows), resamples, seed, level),
            b.LogLoss() - a.LogLoss(),
            Bootstrap.Percentile(a.Count, rows => b.LogLoss(rows) - a.LogLoss(rows), resamples, seed, level),
            onlyFirst,
            onlySecond,
            McNemarP(onlyFirst, onlySecond));
    }

    /// <summary>Compares two models without gold, by their log-likelihood per held-out annotation.</summary>
    /// <param name="first">The first model on held-out annotations.</param>
    /// <param name="second">The second model on the same annotations.</param>
    /// <param name="resamples">Number of bootstrap resamples of items.</param>
    /// <param name="seed">Seed of the resamples.</param>
    /// <param name="level">Share of the resamples inside the interval.</param>
    /// <returns>The second minus the first: positive where the second explains the annotations better.</returns>
    /// <exception cref="ArgumentException">The items are not the same.</exception>
    public static PairedDifference Compare(
        HeldOutLabelers first, HeldOutLabelers second, int resamples, long seed, double level = 0.95)
    {
        if (!first.Items.SequenceEqual(second.Items) || !first.AnnotationCounts.SequenceEqual(second.AnnotationCounts))
        {
            throw new ArgumentException("The models were not measured on the same annotations.", nameof(second));
        }

        return new PairedDifference(
            second.LogLikelihood() - first.LogLikelihood(),
            Bootstrap.Percentile(
                first.Count, rows => second.LogLikelihood(rows) - first.LogLikelihood(rows), resamples, seed, level));
    }

    /// <summary>
    /// Exact two-sided p-value of McNemar's test (1947): the probability that a fair coin splits the discordant items at least as
    /// unevenly, 2·P(X ≤ min) with X ~ Binomial(sum, ½), at most 1. Summed in logs from the largest term down, so it neither
    /// overflows nor loses digits with millions of items. 1 without discordant items.
    /// </summary>
    /// <param name="onlyFirstRight">Items only the first model had right.</param>
    /// <param name="onlySecondRight">Items only the second model had right.</param>
    public static double McNemarP(int onlyFirstRight, int onlySecondRight)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirstRight);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecondRight);
        var few = Math.Min(onlyFirstRight, onlySecondRight);
        var all = (double)onlyFirstRight + onlySecondRight;
        if (onlyFirstRight == onlySecondRight)
        {
            return 1;
        }

        var logLargest = -all * Math.Log(2);
        for (var i = 1; i <= few; i++)
        {
            logLargest += Math.Log((all - few + i) / i);
        }

        double sum = 1, term = 1;
        for (double k = few; k >= 1 && term > sum * 1e-17; k--)
        {
            term *= k / (all - k + 1);
            sum += term;
        }

        return Math.Min(1, 2 * sum * Math.Exp(logLargest));
    }
}
