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
        var scratch = new double[cells];
        var logPrior = 0.0;
        for (var r = 0; r < table.LabelerCount; r++)
        {
            logPrior += ToLogs(full.AsSpan(r * cells, cells), common, scratch, classes, options);
        }

        for (var i = 0; i < cells; i++)
        {
            common[i] = ClassDistributions.Log(common[i]);
        }

        return LabelerConfusions.Full(table.LabelerCount, classes, common, full, logPrior);
    }

    /// <summary>Counts of one labeler to logs, in place.</summary>
    /// <param name="counts">Soft counts, label-major [y, k].</param>
    /// <param name="common">The common confusion [y, k]; may be empty where options have no shrinkage but smoothing.</param>
    /// <param name="scratch">Memory of K·K numbers.</param>
    /// <param name="classes">Number of classes K.</param>
    /// <param name="options">How confusions are estimated.</param>
    /// <returns>Log density of the labeler's pseudo-annotations.</returns>
    internal static double ToLogs(
        Span<double> counts, ReadOnlySpan<double> common, Span<double> scratch, int classes, ConfusionOptions options)
    {
        if (options.Shrinkage <= 0 && options.Smoothing > 0)
        {
            return ToSmoothedLogs(counts, classes, options.Smoothing);
        }

        var target = common;
        if (options.Target == ShrinkageTarget.OwnSkill && options.Shrinkage > 0)
        {
            OwnSkill(counts, common, classes, options.Shrinkage, scratch);
            target = scratch;
        }

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

    // The same without a target: every labeler stands alone.
    private static double ToSmoothedLogs(Span<double> counts, int classes, double smoothing)
    {
        var logPrior = 0.0;
        for (var k = 0; k < classes; k++)
        {
            var total = 0.0;
            for (var cell = k; cell < classes * classes; cell += classes)
            {
                counts[cell] += smoothing;
                total += counts[cell];
            }

            for (var cell = k; cell < classes * classes; cell += classes)
            {
                counts[cell] = ClassDistributions.Log(counts[cell] / total);
                logPrior += smoothing * counts[cell];
            }
        }

        return logPrior;
    }

    /// <summary>Counts of all labelers [y, k] to the common confusion, in place.</summary>
    internal static void NormaliseCommon(Span<double> common, int classes, ConfusionOptions options)
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

    /// <summary>Pseudo-annotations of the common confusion.</summary>
    internal static double Prior(int k, int y, int classes, ConfusionOptions options) => options.CommonStrength *
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
        double rightOfAll = PriorRight(classes, options), totalOfAll = options.CommonStrength;
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
        var logPrior = 0.0;
        if (options.UniformErrors)
        {
            EvenErrors(errors, classes);
        }
        else
        {
            logPrior = NormaliseErrors(errors, classes, options);
        }

        for (var r = 0; r < right.Length; r++)
        {
            (right[r], var logDensity) = Accuracy(right[r], total[r], mean, classes, options);
            logPrior += logDensity;
        }

        return LabelerConfusions.OneCoin(classes, right, errors, mean, logPrior);
    }

    /// <summary>Accuracy of the common labeler.</summary>
    /// <param name="right">Right answers of each labeler, soft [R].</param>
    /// <param name="answers">Annotations of all labelers.</param>
    /// <param name="classes">Number of classes K.</param>
    /// <param name="options">How accuracies are estimated.</param>
    internal static double MeanAccuracy(ReadOnlySpan<double> right, double answers, int classes, ConfusionOptions options)
    {
        var sum = PriorRight(classes, options);
        foreach (var value in right)
        {
            sum += value;
        }

        return sum / (options.CommonStrength + answers);
    }

    /// <summary>Accuracy of one labeler, and the log density of its pseudo-annotations.</summary>
    /// <param name="right">Its right answers, soft.</param>
    /// <param name="answers">Its annotations.</param>
    /// <param name="mean">Accuracy of the common labeler.</param>
    /// <param name="classes">Number of classes K.</param>
    /// <param name="options">How accuracies are estimated.</param>
    internal static (double Accuracy, double LogDensity) Accuracy(
        double right, double answers, double mean, int classes, ConfusionOptions options)
    {
        var priorRight = (options.Shrinkage * mean) + options.Smoothing;
        var priorWrong = (options.Shrinkage * (1 - mean)) + (options.Smoothing * (classes - 1));
        var weight = answers + priorRight + priorWrong;
        var accuracy = weight > 0 ? (right + priorRight) / weight : mean;
        return (accuracy, (priorRight * ClassDistributions.Log(accuracy)) + (priorWrong * ClassDistributions.Log(1 - accuracy)));
    }

    /// <summary>Errors [k, y] that fall evenly on the other classes.</summary>
    internal static void EvenErrors(Span<double> errors, int classes)
    {
        for (var cell = 0; cell < errors.Length; cell++)
        {
            errors[cell] = cell % (classes + 1) == 0 ? 0 : 1.0 / (classes - 1);
        }
    }

    private static double PriorRight(int classes, ConfusionOptions options) =>
        options.CommonStrength * (classes == 1 ? 1 : options.CommonDiagonal);

    /// <summary>Counts [k, y] to the distribution of errors, diagonal zero, in place; returns the log density of the pseudo-annotations.</summary>
    internal static double NormaliseErrors(Span<double> errors, int classes, ConfusionOptions options)
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
