namespace LabelerService.Core.Metrics;

/// <summary>
/// Scores of items whose side (positive or negative) is known. Scores are ranked once, so a metric over n rows, repeats allowed, costs
/// O(n + number of different scores): a bootstrap does not sort.
/// </summary>
public sealed class BinarySample
{
    /// <summary>Sensitivity at which Who Said What states specificity.</summary>
    public const double DefaultSensitivity = 0.97;

    private readonly bool[] _positive;
    private readonly int[] _level;
    private readonly int _levels;
    private readonly int[] _all;

    /// <summary>Ranks the scores.</summary>
    /// <param name="scores">Score of each item, higher for the positive side; no NaN.</param>
    /// <param name="positive">Side of each item.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a score is NaN.</exception>
    public BinarySample(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        if (scores.Length != positive.Length)
        {
            throw new ArgumentException($"{scores.Length} scores do not fit {positive.Length} items.", nameof(scores));
        }

        var sorted = scores.ToArray();
        var order = Enumerable.Range(0, sorted.Length).ToArray();
        Array.Sort(sorted, order);
        _positive = positive.ToArray();
        _all = [.. Enumerable.Range(0, sorted.Length)];
        _level = new int[sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            if (double.IsNaN(sorted[i]))
            {
                throw new ArgumentException("A score is not a number.", nameof(scores));
            }

            _levels += i == 0 || sorted[i] > sorted[i - 1] ? 1 : 0;
            _level[order[i]] = _levels - 1;
        }
    }

    /// <summary>Number of items.</summary>
    public int Count => _positive.Length;

    /// <summary>
    /// Area under the ROC curve: probability that a positive item scores above a negative one, ties counting half (Mann and Whitney
    /// 1947, by mid-ranks). NaN where a side is empty.
    /// </summary>
    public double RocAuc() => RocAuc(_all);

    /// <summary><see cref="RocAuc()"/> over some rows.</summary>
    public double RocAuc(ReadOnlySpan<int> rows)
    {
        var (positives, negatives) = Histogram(rows);
        double won = 0, below = 0, total = 0;
        for (var level = 0; level < _levels; level++)
        {
            won += positives[level] * (below + (0.5 * negatives[level]));
            below += negatives[level];
            total += positives[level];
        }

        return won / (total * below);
    }

    /// <summary>
    /// Highest specificity among the thresholds ("positive from this score on") whose sensitivity is at least the one asked for. A step
    /// function: only operating points that the scores can reach, nothing interpolated between them. NaN where a side is empty.
    /// </summary>
    /// <param name="sensitivity">Least sensitivity, in (0, 1].</param>
    public double SpecificityAtSensitivity(double sensitivity = DefaultSensitivity) => SpecificityAtSensitivity(_all, sensitivity);

    /// <summary><see cref="SpecificityAtSensitivity(double)"/> over some rows.</summary>
    public double SpecificityAtSensitivity(ReadOnlySpan<int> rows, double sensitivity = DefaultSensitivity)
    {
        if (sensitivity is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(sensitivity), sensitivity, "The sensitivity lies above 0 and at most at 1.");
        }

        var (positives, negatives) = Histogram(rows);
        long allPositive = 0, allNegative = 0;
        for (var level = 0; level < _levels; level++)
        {
            allPositive += positives[level];
            allNegative += negatives[level];
        }

        if (allPositive == 0 || allNegative == 0)
        {
            return double.NaN;
        }

        // From the highest threshold down, until enough positives are found; the tolerance is for 0.97 × 100 = 97.00000000000001.
        var needed = Math.Ceiling((sensitivity * allPositive) - 1e-9);
        long found = 0, falseAlarms = 0;
        for (var level = _levels - 1; level >= 0 && found < needed; level--)
        {
            found += positives[level];
            falseAlarms += negatives[level];
        }

        return 1 - ((double)falseAlarms / allNegative);
    }

    private (int[] Positives, int[] Negatives) Histogram(ReadOnlySpan<int> rows)
    {
        int[] positives = new int[_levels], negatives = new int[_levels];
        foreach (var row in rows)
        {
            (_positive[row] ? positives : negatives)[_level[row]]++;
        }

        return (positives, negatives);
    }
}
