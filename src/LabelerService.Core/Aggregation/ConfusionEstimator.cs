using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>
/// From soft counts to confusions. Full: Θ_r(y|k) ∝ n_r[k,y] + c·T_r[k,y] + s, where T_r is the <see cref="ShrinkageTarget"/> and the
/// common confusion C[k,y] ∝ Σ_r n_r[k,y] + a Dirichlet prior leaning to the diagonal. A row without any count is C's. This is the MAP
/// estimate of Dawid and Skene (1979, Applied Statistics 28, eq. 2.3) under a Dirichlet prior whose mean is learnt from all labelers.
/// One-coin: a_r = (right_r + c·ā + s) / (n_r + c + K·s).
/// </summary>
internal static class ConfusionEstimator
{
    internal static LabelerConfusions Estimate(AnnotationTable table, ReadOnlySpan<double> posteriors, ConfusionOptions options)
    {
        options.Check();
        ClassDistributions.CheckLength(posteriors.Length, table.ItemCount, table.ClassCount, nameof(posteriors));
        return options.IsFull(table.LabelerCount, table.ClassCount)
            ? Full(table, posteriors, options)
            : OneCoin(table, posteriors, options);
    }

    private static LabelerConfusions Full(AnnotationTable table, ReadOnlySpan<double> posteriors, ConfusionOptions options)
    {
        var classes = table.ClassCount;
        var cells = classes * classes;
        // Counts become probabilities and then logs in the same memory, label-major.
        var full = new double[checked(table.LabelerCount * cells)];
        var common = new double[cells];
        for (var i = 0; i < table.Count; i++)
        {
            var posterior = posteriors.Slice(table.Items[i] * classes, classes);
            var label = table.Classes[i] * classes;
            Add(posterior, full.AsSpan((table.Labelers[i] * cells) + label, classes));
            Add(posterior, common.AsSpan(label, classes));
        }

        NormaliseCommon(common, classes, options);
        var target = common.AsSpan();
        var own = options.Target == ShrinkageTarget.OwnSkill && options.Shrinkage > 0 ? new double[cells] : null;
        var logPrior = 0.0;
        for (var r = 0; r < table.LabelerCount; r++)
        {
            var counts = full.AsSpan(r * cells, cells);
            if (own is not null)
            {
                OwnSkill(counts, common, classes, options.Shrinkage, own);
                target = own;
            }

            logPrior += ToLogs(counts, target, classes, options);
        }

        for (var i = 0; i < cells; i++)
        {
            common[i] = ClassDistributions.Log(common[i]);
        }

        return LabelerConfusions.Full(table.LabelerCount, classes, common, full, logPrior);
    }

    // Counts of one labeler [y, k] to logs, in place; returns the log density of its pseudo-annotations.
    private static double ToLogs(Span<double> counts, ReadOnlySpan<double> target, int classes, ConfusionOptions options)
    {
        var logPrior = 0.0;
        for (var k = 0; k < classes; k++)
        {
            var total = 0.0;
            for (var y = 0; y < classes; y++)
            {
                var cell = (y * classes) + k;
                counts[cell] += (options.Shrinkage * target[cell]) + options.Smoothing;
                total += counts[cell];
            }

            for (var y = 0; y < classes; y++)
            {
                var cell = (y * classes) + k;
                counts[cell] = ClassDistributions.Log(total > 0 ? counts[cell] / total : target[cell]);
                logPrior += ((options.Shrinkage * target[cell]) + options.Smoothing) * counts[cell];
            }
        }

        return logPrior;
    }

    private static void NormaliseCommon(Span<double> common, int classes, ConfusionOptions options)
    {
        for (var k = 0; k < classes; k++)
        {
            var total = 0.0;
            for (var y = 0; y < classes; y++)
            {
                common[(y * classes) + k] += Prior(k, y, classes, options);
                total += common[(y * classes) + k];
            }

            for (var y = 0; y < classes; y++)
            {
                common[(y * classes) + k] /= total;
            }
        }
    }

    private static double Prior(int k, int y, int classes, ConfusionOptions options) => options.CommonStrength *
        (classes == 1 ? 1 : k == y ? options.CommonDiagonal : (1 - options.CommonDiagonal) / (classes - 1));

    // The common labeler, moved on the log-odds of being right by how much better than the common labeler this one did on its own items.
    private static void OwnSkill(ReadOnlySpan<double> counts, ReadOnlySpan<double> common, int classes, double strength, Span<double> target)
    {
        double right = 0, total = 0, expected = 0;
        for (var y = 0; y < classes; y++)
        {
            for (var k = 0; k < classes; k++)
            {
                var count = counts[(y * classes) + k];
                total += count;
                expected += count * common[(k * classes) + k];
                right += y == k ? count : 0;
            }
        }

        common.CopyTo(target);
        if (total <= 0)
        {
            return;
        }

        expected /= total;
        var shift = LogOdds((right + (strength * expected)) / (total + strength)) - LogOdds(expected);
        for (var k = 0; k < classes; k++)
        {
            var diagonal = common[(k * classes) + k];
            var moved = 1 / (1 + Math.Exp(-LogOdds(diagonal) - shift));
            for (var y = 0; y < classes && diagonal < 1; y++)
            {
                target[(y * classes) + k] = y == k ? moved : common[(y * classes) + k] * (1 - moved) / (1 - diagonal);
            }
        }
    }

    private static LabelerConfusions OneCoin(AnnotationTable table, ReadOnlySpan<double> posteriors, ConfusionOptions options)
    {
        var classes = table.ClassCount;
        var right = new double[table.LabelerCount];
        var total = new double[table.LabelerCount];
        var errors = new double[classes * classes];
        double rightOfAll = options.CommonStrength * (classes == 1 ? 1 : options.CommonDiagonal), totalOfAll = options.CommonStrength;
        for (var i = 0; i < table.Count; i++)
        {
            var posterior = posteriors.Slice(table.Items[i] * classes, classes);
            var (labeler, label) = (table.Labelers[i], table.Classes[i]);
            for (var k = 0; k < classes; k++)
            {
                total[labeler] += posterior[k];
                totalOfAll += posterior[k];
                errors[(k * classes) + label] += posterior[k];
            }

            right[labeler] += posterior[label];
            rightOfAll += posterior[label];
        }

        var mean = rightOfAll / totalOfAll;
        var logPrior = NormaliseErrors(errors, classes, options);
        for (var r = 0; r < right.Length; r++)
        {
            var priorRight = (options.Shrinkage * mean) + options.Smoothing;
            var priorWrong = (options.Shrinkage * (1 - mean)) + (options.Smoothing * (classes - 1));
            var weight = total[r] + priorRight + priorWrong;
            right[r] = weight > 0 ? (right[r] + priorRight) / weight : mean;
            logPrior += (priorRight * ClassDistributions.Log(right[r])) + (priorWrong * ClassDistributions.Log(1 - right[r]));
        }

        return LabelerConfusions.OneCoin(classes, right, errors, mean, logPrior);
    }

    // Counts [k, y] to the distribution of errors, diagonal zero.
    private static double NormaliseErrors(Span<double> errors, int classes, ConfusionOptions options)
    {
        var logPrior = 0.0;
        for (var k = 0; k < classes; k++)
        {
            var row = errors.Slice(k * classes, classes);
            row[k] = 0;
            var total = 0.0;
            for (var y = 0; y < classes; y++)
            {
                row[y] += y == k ? 0 : Prior(k, y, classes, options);
                total += row[y];
            }

            for (var y = 0; y < classes && total > 0; y++)
            {
                row[y] /= total;
                logPrior += y == k ? 0 : Prior(k, y, classes, options) * ClassDistributions.Log(row[y]);
            }
        }

        return logPrior;
    }

    private static void Add(ReadOnlySpan<double> values, Span<double> sums)
    {
        for (var k = 0; k < values.Length; k++)
        {
            sums[k] += values[k];
        }
    }

    private static double LogOdds(double probability)
    {
        var p = Math.Clamp(probability, ClassDistributions.Smallest, 1 - ClassDistributions.Smallest);
        return Math.Log(p / (1 - p));
    }
}
