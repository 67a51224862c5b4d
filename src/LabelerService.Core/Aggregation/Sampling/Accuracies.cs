using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>Draws of the labelers' accuracies; where these would be too many, their first two moments.</summary>
internal sealed class Accuracies
{
    private readonly int _draws;
    private readonly float[]? _kept;
    private readonly double[] _sums;
    private readonly double[] _squares;

    public Accuracies(int labelers, int draws, long mostKept)
    {
        _draws = draws;
        _kept = (long)labelers * draws <= mostKept ? new float[labelers * draws] : null;
        _sums = new double[labelers];
        _squares = new double[labelers];
    }

    /// <summary>Keeps one draw; labelers are kept by different threads, each labeler in the order of draws.</summary>
    public void Keep(int labeler, int draw, double accuracy)
    {
        _sums[labeler] += accuracy;
        _squares[labeler] += accuracy * accuracy;
        if (_kept is not null)
        {
            _kept[(labeler * _draws) + draw] = (float)accuracy;
        }
    }

    public CredibleInterval Interval(int labeler, double level)
    {
        var mean = Math.Clamp(_sums[labeler] / _draws, 0, 1);
        if (_kept is null)
        {
            return CredibleInterval.OfMoments(mean, (_squares[labeler] / _draws) - (mean * mean), level);
        }

        var sorted = _kept.AsSpan(labeler * _draws, _draws).ToArray();
        Array.Sort(sorted);
        return new CredibleInterval(mean, Quantile(sorted, (1 - level) / 2), Quantile(sorted, (1 + level) / 2));
    }

    /// <summary>
    /// R̂ of a labeler's accuracy over the two halves of the chain (Gelman et al., Bayesian Data Analysis, 3rd ed., 2013, §11.4): near 1 where both
    /// halves tell the same, infinite where neither half moves and they differ. Null where draws were not kept.
    /// </summary>
    public double? SplitRhat(int labeler)
    {
        var half = _draws / 2;
        if (_kept is null || half < 2)
        {
            return null;
        }

        var (first, firstVariance) = Moments(_kept.AsSpan(labeler * _draws, half));
        var (second, secondVariance) = Moments(_kept.AsSpan((labeler * _draws) + _draws - half, half));
        var within = (firstVariance + secondVariance) / 2;
        var between = (first - second) * (first - second) / 2;
        return within > 0 ? Math.Sqrt(((half - 1.0) / half) + (between / within)) : between > 0 ? double.PositiveInfinity : 1;
    }

    private static (double Mean, double Variance) Moments(ReadOnlySpan<float> values)
    {
        double mean = 0, squares = 0;
        foreach (var value in values)
        {
            mean += value / (double)values.Length;
        }

        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, squares / (values.Length - 1));
    }

    // Linear interpolation between order statistics.
    private static double Quantile(float[] sorted, double q)
    {
        var at = q * (sorted.Length - 1);
        var low = (int)at;
        var high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + ((at - low) * (sorted[high] - sorted[low]));
    }
}
