using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Metrics;

/// <summary>
/// Predictions measured without gold, by annotations that had no part in them. Everything is kept for each item, so that every metric
/// can be taken over all items or over any rows, repeats allowed (a bootstrap resample). A row is an item that has annotations.
/// </summary>
public sealed class HeldOutLabelers
{
    private readonly int[] _items;
    private readonly int[] _counts;
    private readonly double[] _logLikelihoods;
    private readonly double[] _agreements;
    private readonly double[] _labelLosses;
    private readonly int[] _all;

    /// <summary>Reduces predictions and the annotations of the same items to their sample.</summary>
    /// <param name="distributions">Class distributions q of the items, row-major [N, K].</param>
    /// <param name="table">The held-out annotations of the N items.</param>
    /// <param name="confusions">
    /// How labelers answer, estimated from other annotations; labelers it does not know (index outside [0, R)) answer like its common one.
    /// </param>
    /// <exception cref="ArgumentException">Lengths or numbers of classes do not fit.</exception>
    public HeldOutLabelers(ReadOnlySpan<float> distributions, AnnotationTable table, LabelerConfusions confusions)
        : this(distributions, table, confusions.ClassCount, _ => confusions)
    {
    }

    /// <summary>The same where there are no other annotations: each item is judged by confusions estimated without its fold.</summary>
    /// <param name="distributions">Class distributions q of the items, row-major [N, K].</param>
    /// <param name="table">The annotations of the N items.</param>
    /// <param name="confusions">Confusions cross-fitted on this table.</param>
    /// <exception cref="ArgumentException">Lengths or numbers of items or classes do not fit.</exception>
    public HeldOutLabelers(ReadOnlySpan<float> distributions, AnnotationTable table, CrossFittedConfusions confusions)
        : this(distributions, table, confusions.ClassCount, confusions.Without)
    {
        if (confusions.ItemCount != table.ItemCount)
        {
            throw new ArgumentException($"Folds of {confusions.ItemCount} items do not fit {table.ItemCount} items.", nameof(confusions));
        }
    }

    private HeldOutLabelers(
        ReadOnlySpan<float> distributions, AnnotationTable table, int confusedClasses, Func<int, LabelerConfusions> confusionsFor)
    {
        var classes = table.ClassCount;
        ClassDistributions.CheckLength(distributions.Length, table.ItemCount, classes, nameof(distributions));
        if (confusedClasses != classes)
        {
            throw new ArgumentException($"Confusions of {confusedClasses} classes do not fit {classes} classes.", nameof(confusedClasses));
        }

        _items = [.. Enumerable.Range(0, table.ItemCount).Where(n => HasAnnotations(table, n))];
        _counts = new int[_items.Length];
        _logLikelihoods = new double[_items.Length];
        _agreements = new double[_items.Length];
        _labelLosses = new double[_items.Length];
        _all = [.. Enumerable.Range(0, _items.Length)];
        var logs = new double[classes];
        for (var row = 0; row < _items.Length; row++)
        {
            var n = _items[row];
            var q = distributions.Slice(n * classes, classes);
            var top = 0;
            for (var k = 0; k < classes; k++)
            {
                logs[k] = ClassDistributions.Log(q[k]);
                top = q[k] > q[top] ? k : top;
            }

            var (start, end) = table.RangeOfItem(n);
            for (var i = start; i < end; i++)
            {
                _agreements[row] += table.Classes[i] == top ? 1 : 0;
                _labelLosses[row] -= ClassDistributions.Log(q[table.Classes[i]]);
            }

            confusionsFor(n).AddLogLikelihood(table, n, logs);
            _counts[row] = end - start;
            _logLikelihoods[row] = ClassDistributions.SoftMax(logs);
        }
    }

    /// <summary>Number of items with annotations: rows go from 0 to this.</summary>
    public int Count => _items.Length;

    /// <summary>Item index of each row.</summary>
    public ReadOnlySpan<int> Items => _items;

    /// <summary>Number of annotations of each row.</summary>
    public ReadOnlySpan<int> AnnotationCounts => _counts;

    /// <summary>ln Σ_k q(k) Π_r Θ_r(y_r | k) of each row, over all of its annotations jointly, in nats.</summary>
    public ReadOnlySpan<double> LogLikelihoods => _logLikelihoods;

    /// <summary>Number of annotations of each row that name the item's likeliest class.</summary>
    public ReadOnlySpan<double> Agreements => _agreements;

    /// <summary>Σ −ln q(y) over the annotations of each row, in nats.</summary>
    public ReadOnlySpan<double> LabelLosses => _labelLosses;

    /// <summary>
    /// Σ_n ln Σ_k q(k|n) Π_r Θ_r(y_nr | k) / number of annotations: how well the predictions explain the annotations through the
    /// labelers' ways. Unlike <see cref="LabelLoss()"/> it asks for the true class, not for the labelers' mistakes. NaN without rows.
    /// </summary>
    public double LogLikelihood() => LogLikelihood(_all);

    /// <summary><see cref="LogLikelihood()"/> over some rows.</summary>
    public double LogLikelihood(ReadOnlySpan<int> rows) => Ratio(_logLikelihoods, rows);

    /// <summary>Share of annotations that name the item's likeliest class; the lowest class wins ties. NaN without rows.</summary>
    public double Agreement() => Agreement(_all);

    /// <summary><see cref="Agreement()"/> over some rows.</summary>
    public double Agreement(ReadOnlySpan<int> rows) => Ratio(_agreements, rows);

    /// <summary>Mean −ln q(y) over annotations, in nats. NaN without rows.</summary>
    public double LabelLoss() => LabelLoss(_all);

    /// <summary><see cref="LabelLoss()"/> over some rows.</summary>
    public double LabelLoss(ReadOnlySpan<int> rows) => Ratio(_labelLosses, rows);

    private double Ratio(double[] sums, ReadOnlySpan<int> rows)
    {
        double sum = 0, count = 0;
        foreach (var row in rows)
        {
            sum += sums[row];
            count += _counts[row];
        }

        return sum / count;
    }

    private static bool HasAnnotations(AnnotationTable table, int item)
    {
        var (start, end) = table.RangeOfItem(item);
        return end > start;
    }
}
