using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Metrics;

/// <summary>Predicted grades of items whose gold grade is known: classes 0 … K−1 are steps of one scale.</summary>
public sealed class OrdinalSample
{
    private readonly int[] _gold;
    private readonly int[] _predicted;
    private readonly int[] _all;
    private readonly int _classes;

    /// <summary>Reduces predictions to their likeliest grade; the lowest wins ties.</summary>
    /// <param name="probabilities">Class distributions, row-major [N, K].</param>
    /// <param name="gold">Gold class of each of the N items; items with −1 (none) are left out.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a gold class is not below K.</exception>
    public OrdinalSample(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> gold, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        ClassDistributions.CheckLength(probabilities.Length, gold.Length, classCount, nameof(probabilities));
        List<int> golds = [];
        List<int> predicted = [];
        for (var n = 0; n < gold.Length; n++)
        {
            if (gold[n] >= classCount)
            {
                throw new ArgumentException($"Gold class {gold[n]} is not below {classCount}.", nameof(gold));
            }

            if (gold[n] >= 0)
            {
                var row = probabilities.Slice(n * classCount, classCount);
                golds.Add(gold[n]);
                predicted.Add(Top(row));
            }
        }

        _classes = classCount;
        _gold = [.. golds];
        _predicted = [.. predicted];
        _all = [.. Enumerable.Range(0, _gold.Length)];
    }

    /// <summary>Number of items with gold.</summary>
    public int Count => _gold.Length;

    /// <summary>Mean |predicted − gold| in grades. NaN without items.</summary>
    public double MeanAbsoluteError() => MeanAbsoluteError(_all);

    /// <summary><see cref="MeanAbsoluteError()"/> over some rows.</summary>
    public double MeanAbsoluteError(ReadOnlySpan<int> rows)
    {
        var sum = 0L;
        foreach (var row in rows)
        {
            sum += Math.Abs(_predicted[row] - _gold[row]);
        }

        return (double)sum / rows.Length;
    }

    /// <summary>
    /// Weighted kappa with quadratic weights (Cohen 1968): 1 − Σ (i−j)² observed / Σ (i−j)² expected from the margins. 1: always right;
    /// 0: as good as the margins alone. NaN where predictions and gold are all one class, and without items.
    /// </summary>
    public double QuadraticWeightedKappa() => QuadraticWeightedKappa(_all);

    /// <summary><see cref="QuadraticWeightedKappa()"/> over some rows.</summary>
    public double QuadraticWeightedKappa(ReadOnlySpan<int> rows)
    {
        long[] gold = new long[_classes], predicted = new long[_classes];
        var observed = 0.0;
        foreach (var row in rows)
        {
            gold[_gold[row]]++;
            predicted[_predicted[row]]++;
            double gap = _gold[row] - _predicted[row];
            observed += gap * gap;
        }

        var expected = 0.0;
        for (var i = 0; i < _classes; i++)
        {
            for (var j = 0; j < _classes; j++)
            {
                expected += (double)(i - j) * (i - j) * gold[i] * predicted[j] / rows.Length;
            }
        }

        return expected > 0 ? 1 - (observed / expected) : double.NaN;
    }

    private static int Top(ReadOnlySpan<float> row)
    {
        var top = 0;
        for (var k = 1; k < row.Length; k++)
        {
            top = row[k] > row[top] ? k : top;
        }

        return top;
    }
}
