using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>
/// The observation model of annotations: Θ_r(y | k), the probability that labeler r answers y where the class is k, and a common Θ for
/// labelers it knows nothing of (any index outside [0, R)). Probabilities are floored at <see cref="ClassDistributions.Smallest"/>, so
/// that log-likelihoods are finite whatever the data. Immutable.
/// </summary>
public sealed class LabelerConfusions
{
    // Logs, label-major: [.., y, k], because what is read is always "this label, under every class".
    private readonly double[] _common;
    private readonly double[]? _full;
    private readonly double[]? _right;
    private readonly double[]? _wrong;
    private readonly double[]? _errors;

    private LabelerConfusions(
        int labelers, int classes, double[] common, double[]? full, double[]? right, double[]? wrong, double[]? errors, double logPrior)
    {
        LabelerCount = labelers;
        ClassCount = classes;
        LogPrior = logPrior;
        _common = common;
        _full = full;
        _right = right;
        _wrong = wrong;
        _errors = errors;
    }

    /// <summary>Number of labelers R.</summary>
    public int LabelerCount { get; }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>Whether each labeler has a K×K matrix; otherwise one accuracy each (one-coin).</summary>
    public bool IsFull => _full is not null;

    /// <summary>
    /// Log density, up to a constant, of the pseudo-annotations under these confusions: what EM adds to the log-likelihood to get the
    /// objective it climbs.
    /// </summary>
    public double LogPrior { get; }

    /// <summary>Estimates confusions from (soft) classes of the items: the M-step.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="posteriors">Class distributions of the items, row-major [N, K]; a row of zeros leaves its item out.</param>
    /// <param name="options">Form, shrinkage and smoothing; the defaults if null.</param>
    /// <exception cref="ArgumentException">The posteriors are not of length N·K, or an option is out of range.</exception>
    public static LabelerConfusions Estimate(AnnotationTable table, ReadOnlySpan<double> posteriors, ConfusionOptions? options = null) =>
        ConfusionEstimator.Estimate(table, posteriors, options ?? new ConfusionOptions());

    /// <summary>Confusions given as matrices.</summary>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="matrices">Θ_r(y | k), row-major [R, k, y], each [k] row summing to one.</param>
    /// <param name="common">Θ(y | k) of unknown labelers, row-major [k, y].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static LabelerConfusions FromMatrices(int classCount, ReadOnlySpan<double> matrices, ReadOnlySpan<double> common)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        var cells = checked(classCount * classCount);
        ClassDistributions.CheckLength(common.Length, classCount, classCount, nameof(common));
        var labelers = matrices.Length / cells;
        ClassDistributions.CheckLength(matrices.Length, labelers, cells, nameof(matrices));
        var full = new double[matrices.Length];
        for (var r = 0; r < labelers; r++)
        {
            LogsByLabel(matrices.Slice(r * cells, cells), classCount, full.AsSpan(r * cells, cells));
        }

        var commonLogs = new double[cells];
        LogsByLabel(common, classCount, commonLogs);
        return Full(labelers, classCount, commonLogs, full, logPrior: 0);
    }

    /// <summary>Θ_r(y | k).</summary>
    /// <param name="labeler">Labeler r; outside [0, R): the common labeler.</param>
    /// <param name="trueClass">Class k of the item.</param>
    /// <param name="label">Answer y.</param>
    public double Probability(int labeler, int trueClass, int label) => Math.Exp(LogProbability(labeler, trueClass, label));

    /// <summary>ln Θ_r(y | k), finite.</summary>
    /// <inheritdoc cref="Probability"/>
    public double LogProbability(int labeler, int trueClass, int label)
    {
        var cell = (label * ClassCount) + trueClass;
        if ((uint)labeler >= (uint)LabelerCount)
        {
            return _common[cell];
        }

        return _full is not null
            ? _full[((long)labeler * ClassCount * ClassCount) + cell]
            : trueClass == label ? _right![labeler] : _wrong![labeler] + _errors![cell];
    }

    /// <summary>Probability that a labeler is right where classes are distributed as given: Σ_k π_k Θ_r(k | k).</summary>
    /// <param name="labeler">Labeler r; outside [0, R): the common labeler.</param>
    /// <param name="classPrior">Distribution of the classes [K].</param>
    public double Accuracy(int labeler, ReadOnlySpan<double> classPrior)
    {
        var sum = 0.0;
        for (var k = 0; k < ClassCount; k++)
        {
            sum += classPrior[k] * Probability(labeler, k, k);
        }

        return sum;
    }

    /// <summary><see cref="Accuracy"/> of every labeler [R].</summary>
    /// <param name="classPrior">Distribution of the classes [K].</param>
    public double[] Skills(ReadOnlySpan<double> classPrior)
    {
        var skills = new double[LabelerCount];
        for (var r = 0; r < skills.Length; r++)
        {
            // Sums of rounded probabilities may exceed one by a rounding.
            skills[r] = Math.Min(1, Accuracy(r, classPrior));
        }

        return skills;
    }

    /// <summary>Θ_r as a matrix, row-major [k, y].</summary>
    /// <param name="labeler">Labeler r; outside [0, R): the common labeler.</param>
    public double[] Matrix(int labeler)
    {
        var matrix = new double[ClassCount * ClassCount];
        for (var k = 0; k < ClassCount; k++)
        {
            for (var y = 0; y < ClassCount; y++)
            {
                matrix[(k * ClassCount) + y] = Probability(labeler, k, y);
            }
        }

        return matrix;
    }

    /// <summary>Adds ln Θ_r(y | k) of one annotation to every class k.</summary>
    /// <param name="labeler">Labeler r; outside [0, R): the common labeler.</param>
    /// <param name="label">Answer y.</param>
    /// <param name="logs">Sums to add to [K].</param>
    public void AddLogLikelihood(int labeler, int label, Span<double> logs)
    {
        var classes = ClassCount;
        var offset = label * classes;
        if ((uint)labeler >= (uint)LabelerCount || _full is not null)
        {
            var row = (uint)labeler >= (uint)LabelerCount
                ? _common.AsSpan(offset, classes)
                : _full.AsSpan((labeler * classes * classes) + offset, classes);
            for (var k = 0; k < row.Length; k++)
            {
                logs[k] += row[k];
            }

            return;
        }

        var errors = _errors.AsSpan(offset, classes);
        var wrong = _wrong![labeler];
        for (var k = 0; k < errors.Length; k++)
        {
            logs[k] += k == label ? _right![labeler] : wrong + errors[k];
        }
    }

    /// <summary>Adds Σ_r ln Θ_r(y_r | k) over all annotations of an item to every class k.</summary>
    /// <param name="table">The annotations; their labeler indexes are these confusions'.</param>
    /// <param name="item">The item.</param>
    /// <param name="logs">Sums to add to [K].</param>
    public void AddLogLikelihood(AnnotationTable table, int item, Span<double> logs)
    {
        var (start, end) = table.RangeOfItem(item);
        for (var i = start; i < end; i++)
        {
            AddLogLikelihood(table.Labelers[i], table.Classes[i], logs);
        }
    }

    internal static LabelerConfusions Full(int labelers, int classes, double[] common, double[] full, double logPrior) =>
        new(labelers, classes, common, full, right: null, wrong: null, errors: null, logPrior);

    /// <summary>One-coin: accuracies [R], and the distribution of errors [k, y] with a zero diagonal.</summary>
    internal static LabelerConfusions OneCoin(
        int classes, ReadOnlySpan<double> accuracies, ReadOnlySpan<double> errors, double meanAccuracy, double logPrior)
    {
        var errorLogs = new double[classes * classes];
        LogsByLabel(errors, classes, errorLogs);
        var right = new double[accuracies.Length];
        var wrong = new double[accuracies.Length];
        for (var r = 0; r < right.Length; r++)
        {
            right[r] = ClassDistributions.Log(accuracies[r]);
            wrong[r] = ClassDistributions.Log(1 - accuracies[r]);
        }

        var common = new double[classes * classes];
        for (var y = 0; y < classes; y++)
        {
            for (var k = 0; k < classes; k++)
            {
                var cell = (y * classes) + k;
                common[cell] = y == k ? ClassDistributions.Log(meanAccuracy) : ClassDistributions.Log(1 - meanAccuracy) + errorLogs[cell];
            }
        }

        return new LabelerConfusions(right.Length, classes, common, full: null, right, wrong, errorLogs, logPrior);
    }

    // From probabilities [k, y] to logs [y, k].
    internal static void LogsByLabel(ReadOnlySpan<double> matrix, int classes, Span<double> logs)
    {
        for (var k = 0; k < classes; k++)
        {
            for (var y = 0; y < classes; y++)
            {
                logs[(y * classes) + k] = ClassDistributions.Log(matrix[(k * classes) + y]);
            }
        }
    }
}
