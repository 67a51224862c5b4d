using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Metrics;

/// <summary>
/// K classes seen as two by a set of positive ones, as in Who Said What, where five grades become referable or not: train on the fine
/// classes, collapse later.
/// </summary>
public static class BinaryCollapse
{
    /// <summary>The positive classes "this class and above" of ordinal classes [K].</summary>
    public static bool[] AtLeast(int firstPositive, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPositive);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstPositive, classCount);
        var positive = new bool[classCount];
        positive.AsSpan(firstPositive).Fill(true);
        return positive;
    }

    /// <summary>The positive classes named [K].</summary>
    public static bool[] Of(int classCount, params ReadOnlySpan<int> positiveClasses)
    {
        var positive = new bool[classCount];
        foreach (var k in positiveClasses)
        {
            positive[k] = true;
        }

        return positive;
    }

    /// <summary>Probability of the positive side for each item [N]: the probabilities of its classes summed.</summary>
    /// <param name="probabilities">Class distributions, row-major [N, K].</param>
    /// <param name="positive">Which classes are positive [K].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static double[] Scores(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive)
    {
        ArgumentOutOfRangeException.ThrowIfZero(positive.Length, nameof(positive));
        var scores = new double[probabilities.Length / positive.Length];
        ClassDistributions.CheckLength(probabilities.Length, scores.Length, positive.Length, nameof(probabilities));
        for (var n = 0; n < scores.Length; n++)
        {
            for (var k = 0; k < positive.Length; k++)
            {
                scores[n] += positive[k] ? probabilities[(n * positive.Length) + k] : 0;
            }
        }

        return scores;
    }

    /// <summary>The sample of a collapsed task.</summary>
    /// <param name="probabilities">Class distributions, row-major [N, K].</param>
    /// <param name="gold">Gold class of each of the N items; items with −1 (none) are left out.</param>
    /// <param name="positive">Which classes are positive [K].</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a gold class is not below K.</exception>
    public static BinarySample Sample(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> gold, ReadOnlySpan<bool> positive)
    {
        var all = Scores(probabilities, positive);
        if (all.Length != gold.Length)
        {
            throw new ArgumentException($"{gold.Length} gold classes do not fit {all.Length} items.", nameof(gold));
        }

        List<double> scores = [];
        List<bool> isPositive = [];
        for (var n = 0; n < gold.Length; n++)
        {
            if (gold[n] >= positive.Length)
            {
                throw new ArgumentException($"Gold class {gold[n]} is not below {positive.Length}.", nameof(gold));
            }

            if (gold[n] >= 0)
            {
                scores.Add(all[n]);
                isPositive.Add(positive[gold[n]]);
            }
        }

        return new BinarySample([.. scores], [.. isPositive]);
    }
}
