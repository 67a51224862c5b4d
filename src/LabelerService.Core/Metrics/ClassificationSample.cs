namespace LabelerService.Core.Metrics;

/// <summary>
/// Predictions on items whose gold class is known, reduced to what metrics need. Every metric can be taken over all items or over any
/// rows, repeats allowed, which is what a bootstrap resample is.
/// </summary>
public sealed class ClassificationSample
{
    /// <summary>Bins of <see cref="ExpectedCalibrationError(int)"/> unless told otherwise.</summary>
    public const int DefaultBins = 15;

    /// <summary>Probabilities below this count as this in the log loss, so that one impossible answer stays finite.</summary>
    public const double SmallestProbability = 1e-15;

    private readonly int[] _gold;
    private readonly int[] _predicted;
    private readonly double[] _confidence;
    private readonly double[] _loss;
    private readonly int[] _all;

    /// <summary>Reduces predictions to their sample.</summary>
    /// <param name="probabilities">Class distributions, row-major [N, K].</param>
    /// <param name="gold">Gold class of each of the N items; items with −1 (none) are left out.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a gold class is not below K.</exception>
    public ClassificationSample(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> gold, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        if (probabilities.Length != (long)gold.Length * classCount)
        {
            throw new ArgumentException($"{gold.Length} gold classes need {gold.Length} × {classCount} probabilities, not {probabilities.Length}.");
        }

        ClassCount = classCount;
        var count = 0;
        foreach (var g in gold)
        {
            if (g >= classCount)
            {
                throw new ArgumentException($"Gold class {g} is not below {classCount}.", nameof(gold));
            }

            count += g >= 0 ? 1 : 0;
        }

        _gold = new int[count];
        _predicted = new int[count];
        _confidence = new double[count];
        _loss = new double[count];
        _all = new int[count];
        var at = 0;
        for (var n = 0; n < gold.Length; n++)
        {
            if (gold[n] < 0)
            {
                continue;
            }

            var row = probabilities.Slice(n * classCount, classCount);
            var top = 0;
            for (var k = 1; k < classCount; k++)
            {
                top = row[k] > row[top] ? k : top;
            }

            _gold[at] = gold[n];
            _predicted[at] = top;
            _confidence[at] = row[top];
            _loss[at] = -Math.Log(Math.Max(row[gold[n]], SmallestProbability));
            _all[at] = at;
            at++;
        }
    }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Number of items with gold.</summary>
    public int Count => _gold.Length;

    /// <summary>Share of items whose likeliest class is the gold one; the lowest class wins ties. NaN without items.</summary>
    public double Accuracy() => Accuracy(_all);

    /// <summary><see cref="Accuracy()"/> over some rows.</summary>
    public double Accuracy(ReadOnlySpan<int> rows)
    {
        var right = 0;
        foreach (var row in rows)
        {
            right += _predicted[row] == _gold[row] ? 1 : 0;
        }

        return (double)right / rows.Length;
    }

    /// <summary>Mean −ln of the gold class's probability, in nats. NaN without items.</summary>
    public double LogLoss() => LogLoss(_all);

    /// <summary><see cref="LogLoss()"/> over some rows.</summary>
    public double LogLoss(ReadOnlySpan<int> rows)
    {
        var sum = 0.0;
        foreach (var row in rows)
        {
            sum += _loss[row];
        }

        return sum / rows.Length;
    }

    /// <summary>
    /// Expected calibration error: mean over items of |accuracy − confidence| of the item's bin, bins of equal width, ((m−1)/M, m/M]
    /// (Guo et al., On Calibration of Modern Neural Networks, ICML 2017). NaN without items.
    /// </summary>
    public double ExpectedCalibrationError(int bins = DefaultBins) => ExpectedCalibrationError(_all, bins);

    /// <summary><see cref="ExpectedCalibrationError(int)"/> over some rows.</summary>
    public double ExpectedCalibrationError(ReadOnlySpan<int> rows, int bins = DefaultBins)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        // Within a bin |accuracy − confidence| · size is |Σ (right − confidence)|: one sum a bin is enough.
        Span<double> gaps = bins <= 64 ? stackalloc double[bins] : new double[bins];
        gaps.Clear();
        foreach (var row in rows)
        {
            var bin = Math.Clamp((int)Math.Ceiling(_confidence[row] * bins) - 1, 0, bins - 1);
            gaps[bin] += (_predicted[row] == _gold[row] ? 1 : 0) - _confidence[row];
        }

        var sum = 0.0;
        foreach (var gap in gaps)
        {
            sum += Math.Abs(gap);
        }

        return sum / rows.Length;
    }

    /// <summary>Counts of gold against predicted class.</summary>
    public ConfusionMatrix Confusion() => Confusion(_all);

    /// <summary><see cref="Confusion()"/> over some rows.</summary>
    public ConfusionMatrix Confusion(ReadOnlySpan<int> rows)
    {
        var counts = new int[ClassCount * ClassCount];
        foreach (var row in rows)
        {
            counts[(_gold[row] * ClassCount) + _predicted[row]]++;
        }

        return new ConfusionMatrix(ClassCount, counts);
    }
}
