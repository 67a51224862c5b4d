using LabelerService.Core.Metrics;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>Draws of a number of probabilities; where these would be too many, their first two moments.</summary>
internal sealed class ProbabilityDraws
{
    private readonly int _count;
    private readonly int _draws;
    private readonly float[]? _kept;
    private readonly double[] _sums;
    private readonly double[] _squares;

    /// <param name="count">Number of probabilities.</param>
    /// <param name="draws">Draws of each.</param>
    /// <param name="mostKept">Most numbers that are kept.</param>
    public ProbabilityDraws(int count, int draws, long mostKept)
    {
        (_count, _draws) = (count, draws);
        _kept = (long)count * draws <= mostKept ? new float[count * draws] : null;
        _sums = new double[count];
        _squares = new double[count];
    }

    /// <summary>Memory.</summary>
    public long Bytes => (16L * _count) + (4L * (_kept?.Length ?? 0));

    /// <summary>Keeps one draw; different probabilities may come from different threads, each in the order of draws.</summary>
    public void Keep(int index, int draw, double probability)
    {
        _sums[index] += probability;
        _squares[index] += probability * probability;
        if (_kept is not null)
        {
            _kept[(draw * _count) + index] = (float)probability;
        }
    }

    /// <summary>Mean and quantiles of the draws; without draws, those of the Beta distribution with their moments.</summary>
    public CredibleInterval Interval(int index, double level)
    {
        var mean = Math.Clamp(_sums[index] / _draws, 0, 1);
        if (_kept is null)
        {
            return CredibleInterval.OfMoments(mean, (_squares[index] / _draws) - (mean * mean), level);
        }

        var sorted = Column(index, 0, _draws);
        Array.Sort(sorted);
        return new CredibleInterval(mean, Quantiles.Of(sorted, (1 - level) / 2), Quantiles.Of(sorted, (1 + level) / 2));
    }

    /// <summary>
    /// R̂ of a probability over the two halves of the chain (Gelman et al., Bayesian Data Analysis, 3rd ed., 2013, §11.4): near 1 where both
    /// halves tell the same, infinite where neither half moves and they differ. Null where draws were not kept.
    /// </summary>
    public double? SplitRhat(int index)
    {
        var half = _draws / 2;
        if (_kept is null || half < 2)
        {
            return null;
        }

        var (first, firstVariance) = Moments(Column(index, 0, half));
        var (second, secondVariance) = Moments(Column(index, _draws - half, half));
        var within = (firstVariance + secondVariance) / 2;
        var between = (first - second) * (first - second) / 2;
        return within > 0 ? Math.Sqrt(((half - 1.0) / half) + (between / within)) : between > 0 ? double.PositiveInfinity : 1;
    }

    private float[] Column(int index, int first, int length)
    {
        var column = new float[length];
        for (var draw = 0; draw < length; draw++)
        {
            column[draw] = _kept![((first + draw) * _count) + index];
        }

        return column;
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
}
