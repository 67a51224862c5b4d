using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Calibration;

/// <summary>A temperature and what it does to the loss it was fitted to.</summary>
/// <param name="Temperature">T: above 1 predictions were too sure, below 1 too shy.</param>
/// <param name="LossBefore">Mean loss at T = 1, in nats: per item with gold, or per annotation. NaN where there was nothing to fit.</param>
/// <param name="LossAfter">The same at T, never above <paramref name="LossBefore"/>.</param>
public readonly record struct TemperatureFit(double Temperature, double LossBefore, double LossAfter);

/// <summary>
/// Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, ICML 2017) of any class distribution: q_T ∝ q^(1/T). The
/// likeliest class stays. Fitted to gold, or, without gold, to held-out annotations through the labelers' confusions.
/// </summary>
public static class TemperatureScaling
{
    /// <summary>Lowest temperature.</summary>
    public const double Lowest = 0.05;

    /// <summary>Highest temperature.</summary>
    public const double Highest = 20;

    // Through confusions the loss may have more than one valley in T: a grid finds the deepest, golden section its bottom.
    private const int GridSteps = 48;
    private const double Precision = 1e-5;
    private static readonly double GoldenRatio = (Math.Sqrt(5) - 1) / 2;

    private delegate double Loss(double temperature);

    /// <summary>The temperature that minimises the mean −ln q_T(gold).</summary>
    /// <param name="distributions">Class distributions q, row-major [N, K].</param>
    /// <param name="gold">Gold class of each of the N items; items with −1 (none) are left out. Without any, T is 1.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a gold class is not below K.</exception>
    public static TemperatureFit FitToGold(ReadOnlySpan<float> distributions, ReadOnlySpan<int> gold, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        ClassDistributions.CheckLength(distributions.Length, gold.Length, classCount, nameof(distributions));
        List<double> logs = [];
        List<int> classes = [];
        for (var n = 0; n < gold.Length; n++)
        {
            if (gold[n] >= classCount)
            {
                throw new ArgumentException($"Gold class {gold[n]} is not below {classCount}.", nameof(gold));
            }

            for (var k = 0; k < classCount && gold[n] >= 0; k++)
            {
                logs.Add(ClassDistributions.Log(distributions[(n * classCount) + k]));
            }

            if (gold[n] >= 0)
            {
                classes.Add(gold[n]);
            }
        }

        var rows = logs.ToArray();
        return Fit(classes.Count, classCount, temperature =>
        {
            var sum = 0.0;
            for (var n = 0; n < classes.Count; n++)
            {
                var row = rows.AsSpan(n * classCount, classCount);
                sum += LogSumExp(row, default, 1 / temperature) - (row[classes[n]] / temperature);
            }

            return sum / classes.Count;
        });
    }

    /// <summary>The temperature that minimises the mean of −Σ_k t(k) ln q_T(k): calibrates to what items are held to be.</summary>
    /// <param name="distributions">Class distributions q, row-major [N, K].</param>
    /// <param name="targets">Class distributions t of the same items, rows summing to one, row-major [N, K]. Without any, T is 1.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static TemperatureFit FitToDistributions(ReadOnlySpan<float> distributions, ReadOnlySpan<float> targets, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        ClassDistributions.CheckLength(distributions.Length, targets.Length / classCount, classCount, nameof(distributions));
        var logs = new double[distributions.Length];
        for (var i = 0; i < logs.Length; i++)
        {
            logs[i] = ClassDistributions.Log(distributions[i]);
        }

        var wanted = targets.ToArray();
        var count = logs.Length / classCount;
        return Fit(count, classCount, temperature =>
        {
            var sum = 0.0;
            for (var n = 0; n < count; n++)
            {
                var row = logs.AsSpan(n * classCount, classCount);
                sum += LogSumExp(row, default, 1 / temperature);
                for (var k = 0; k < classCount; k++)
                {
                    sum -= wanted[(n * classCount) + k] * row[k] / temperature;
                }
            }

            return sum / count;
        });
    }

    /// <summary>
    /// The temperature that minimises −Σ_n ln Σ_k q_T(k|n) Π_r Θ_r(y_nr | k) per annotation: the loss of
    /// <see cref="Metrics.HeldOutLabelers.LogLikelihood()"/>. Calibrates to the true class, not to the labelers' mistakes, as far as
    /// the confusions are right.
    /// </summary>
    /// <param name="distributions">Class distributions q of the items, row-major [N, K].</param>
    /// <param name="table">Held-out annotations of the N items. Without any, T is 1.</param>
    /// <param name="confusions">How labelers answer, estimated from other annotations.</param>
    /// <exception cref="ArgumentException">Lengths or numbers of classes do not fit.</exception>
    public static TemperatureFit FitToAnnotations(ReadOnlySpan<float> distributions, AnnotationTable table, LabelerConfusions confusions)
    {
        var classCount = table.ClassCount;
        ClassDistributions.CheckLength(distributions.Length, table.ItemCount, classCount, nameof(distributions));
        if (confusions.ClassCount != classCount)
        {
            throw new ArgumentException($"Confusions of {confusions.ClassCount} classes do not fit {classCount} classes.", nameof(confusions));
        }

        var items = Enumerable.Range(0, table.ItemCount).Where(n => table.RangeOfItem(n) is var (start, end) && end > start).ToArray();
        var logs = new double[items.Length * classCount];
        var likelihoods = new double[logs.Length];
        for (var i = 0; i < items.Length; i++)
        {
            for (var k = 0; k < classCount; k++)
            {
                logs[(i * classCount) + k] = ClassDistributions.Log(distributions[(items[i] * classCount) + k]);
            }

            confusions.AddLogLikelihood(table, items[i], likelihoods.AsSpan(i * classCount, classCount));
        }

        return Fit(items.Length, classCount, temperature =>
        {
            var sum = 0.0;
            for (var i = 0; i < items.Length; i++)
            {
                var row = logs.AsSpan(i * classCount, classCount);
                sum += LogSumExp(row, default, 1 / temperature)
                    - LogSumExp(row, likelihoods.AsSpan(i * classCount, classCount), 1 / temperature);
            }

            return sum / table.Count;
        });
    }

    /// <summary>Computes q_T ∝ q^(1/T). The likeliest class (the lowest among equals) stays the likeliest.</summary>
    /// <param name="distributions">Class distributions q, row-major [N, K].</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="temperature">T, above 0.</param>
    /// <param name="result">Receives q_T, row-major [N, K]; may be <paramref name="distributions"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void Apply(ReadOnlySpan<float> distributions, int classCount, double temperature, Span<float> result)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        var rows = distributions.Length / classCount;
        ClassDistributions.CheckLength(distributions.Length, rows, classCount, nameof(distributions));
        ClassDistributions.CheckLength(result.Length, rows, classCount, nameof(result));
        var logs = new double[classCount];
        for (var n = 0; n < rows; n++)
        {
            var from = distributions.Slice(n * classCount, classCount);
            var to = result.Slice(n * classCount, classCount);
            var top = 0;
            for (var k = 0; k < classCount; k++)
            {
                top = from[k] > from[top] ? k : top;
                logs[k] = ClassDistributions.Log(from[k]) / temperature;
            }

            ClassDistributions.SoftMax(logs);
            for (var k = 0; k < classCount; k++)
            {
                to[k] = (float)logs[k];
            }

            // Single precision may round two close probabilities to one; the order of the classes must not depend on it.
            for (var k = 0; k < top; k++)
            {
                to[top] = to[k] >= to[top] ? MathF.BitIncrement(to[k]) : to[top];
            }
        }
    }

    private static TemperatureFit Fit(int count, int classCount, Loss loss)
    {
        if (count == 0)
        {
            return new TemperatureFit(1, double.NaN, double.NaN);
        }

        var before = loss(1);
        if (classCount == 1)
        {
            return new TemperatureFit(1, before, before);
        }

        double low = Math.Log(Lowest), step = (Math.Log(Highest) - low) / GridSteps;
        double best = 0, bestLoss = before;
        for (var i = 0; i <= GridSteps; i++)
        {
            Try(low + (i * step));
        }

        double left = Math.Max(low, best - step), right = Math.Min(Math.Log(Highest), best + step);
        double a = Inner(right, left), b = Inner(left, right);
        double lossA = Try(a), lossB = Try(b);
        while (right - left > Precision)
        {
            if (lossA <= lossB)
            {
                (right, b, lossB) = (b, a, lossA);
                a = Inner(right, left);
                lossA = Try(a);
            }
            else
            {
                (left, a, lossA) = (a, b, lossB);
                b = Inner(left, right);
                lossB = Try(b);
            }
        }

        return new TemperatureFit(Math.Exp(best), before, bestLoss);

        double Inner(double from, double to) => from + (GoldenRatio * (to - from));

        double Try(double logTemperature)
        {
            var value = loss(Math.Exp(logTemperature));
            if (value < bestLoss)
            {
                (best, bestLoss) = (logTemperature, value);
            }

            return value;
        }
    }

    // ln Σ_k exp(scale · logs_k + added_k).
    private static double LogSumExp(ReadOnlySpan<double> logs, ReadOnlySpan<double> added, double scale)
    {
        var max = double.NegativeInfinity;
        for (var k = 0; k < logs.Length; k++)
        {
            max = Math.Max(max, (scale * logs[k]) + (added.IsEmpty ? 0 : added[k]));
        }

        var sum = 0.0;
        for (var k = 0; k < logs.Length; k++)
        {
            sum += Math.Exp((scale * logs[k]) + (added.IsEmpty ? 0 : added[k]) - max);
        }

        return max + Math.Log(sum);
    }
}
