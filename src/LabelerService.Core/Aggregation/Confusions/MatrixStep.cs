using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>
/// A K×K confusion for each labeler. Counts become probabilities and then logs in the same memory, label-major [R, y, k]. The formulas are
/// <see cref="ConfusionEstimator"/>'s.
/// </summary>
internal class MatrixStep : LabelerStep
{
    private readonly AnnotationTable _table;
    private readonly ConfusionOptions _options;
    private readonly double[] _logs;
    private readonly int[] _rowsByItem;
    private readonly int[] _itemsByRow;
    private readonly int[] _starts;
    private readonly int[] _blocks;
    private readonly double[] _logPriors;
    private readonly double[]?[] _scratch;

    /// <summary>Lays the annotations out: by item for the E-step, by labeler and label for the M-step.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="options">How confusions are estimated, checked.</param>
    public MatrixStep(AnnotationTable table, ConfusionOptions options)
    {
        _table = table;
        _options = options;
        var classes = table.ClassCount;
        _logs = RowSums.Matrix((long)table.LabelerCount * classes, classes);
        _rowsByItem = new int[table.Count];
        _itemsByRow = new int[table.Count];
        _starts = new int[(table.LabelerCount * classes) + 1];
        var items = table.Items;
        var labelers = table.Labelers;
        var labels = table.Classes;
        for (var i = 0; i < table.Count; i++)
        {
            var row = (labelers[i] * classes) + labels[i];
            _rowsByItem[i] = row * classes;
            _starts[row + 1]++;
        }

        for (var row = 1; row < _starts.Length; row++)
        {
            _starts[row] += _starts[row - 1];
        }

        // Counting sort, stable: within a row items ascend, so sums are those of a loop over items.
        var next = _starts.AsSpan(0, _starts.Length - 1).ToArray();
        for (var i = 0; i < table.Count; i++)
        {
            _itemsByRow[next[(labelers[i] * classes) + labels[i]]++] = items[i] * classes;
        }

        _blocks = Blocks.Cut(table.LabelerCount, AggregationBlocks.Cost, r => _starts[r * classes] + ((long)r * classes * classes));
        _logPriors = new double[_blocks.Length - 1];
        _scratch = new double[_blocks.Length - 1][];
    }

    /// <inheritdoc/>
    public override bool NeedsCommon => _options.Shrinkage > 0 || _options.Smoothing <= 0;

    /// <inheritdoc/>
    public override double LogPrior => _logPriors.Sum();

    /// <summary>Number of classes K.</summary>
    protected int ClassCount => _table.ClassCount;

    /// <inheritdoc/>
    public override void Estimate(double[] posteriors, double[]? common, AggregationControl control)
    {
        var classes = _table.ClassCount;
        PrepareCommon(common);
        AggregationBlocks.For(control).Run(_blocks, (block, first, end) =>
        {
            var buffer = new double[RowSums.BufferLength(classes)];
            var scratch = _scratch[block] ??= new double[classes * classes];
            var logPrior = 0.0;
            for (var r = first; r < end; r++)
            {
                var counts = _logs.AsSpan(r * classes * classes, classes * classes);
                for (var y = 0; y < classes; y++)
                {
                    var row = (r * classes) + y;
                    Array.Clear(buffer);
                    RowSums.Add(posteriors, _itemsByRow.AsSpan(_starts[row].._starts[row + 1]), buffer, classes);
                    buffer.AsSpan(0, classes).CopyTo(counts.Slice(y * classes, classes));
                }

                logPrior += ToLogs(r, counts, common, scratch);
            }

            _logPriors[block] = logPrior;
        });
    }

    /// <inheritdoc/>
    public override void StartFrom(LabelerConfusions previous)
    {
        Array.Clear(_logs);
        var classes = _table.ClassCount;
        for (var r = 0; r < _table.LabelerCount; r++)
        {
            for (var y = 0; y < classes; y++)
            {
                previous.AddLogLikelihood(r, y, _logs.AsSpan(((r * classes) + y) * classes, classes));
            }
        }
    }

    /// <inheritdoc/>
    public override void AddLogs(int item, Span<double> logs)
    {
        var (start, end) = _table.RangeOfItem(item);
        RowSums.Add(_logs, _rowsByItem.AsSpan(start..end), logs, _table.ClassCount);
    }

    /// <inheritdoc/>
    public override LabelerConfusions Build(double[] common)
    {
        CommonToLogs(common);
        return LabelerConfusions.Full(_table.LabelerCount, _table.ClassCount, common, _logs, LogPrior);
    }

    /// <summary>Counts of all labelers [y, k] to what <see cref="ToLogs"/> shrinks to, in place; null stays null.</summary>
    protected virtual void PrepareCommon(double[]? common)
    {
        if (common is not null)
        {
            ConfusionEstimator.NormaliseCommon(common, _table.ClassCount, _options);
        }
    }

    /// <summary>Counts of all labelers [y, k] to the logs of the common labeler, in place.</summary>
    protected virtual void CommonToLogs(double[] common)
    {
        ConfusionEstimator.NormaliseCommon(common, _table.ClassCount, _options);
        for (var i = 0; i < _table.ClassCount * _table.ClassCount; i++)
        {
            common[i] = ClassDistributions.Log(common[i]);
        }
    }

    /// <summary>Counts of one labeler [y, k] to logs, in place.</summary>
    /// <param name="labeler">The labeler.</param>
    /// <param name="counts">Soft counts, label-major.</param>
    /// <param name="common">What <see cref="PrepareCommon"/> left.</param>
    /// <param name="scratch">Memory of K·K numbers for this thread.</param>
    /// <returns>Log density of the labeler's pseudo-annotations.</returns>
    protected virtual double ToLogs(int labeler, Span<double> counts, double[]? common, double[] scratch) =>
        ConfusionEstimator.ToLogs(counts, common, scratch, _table.ClassCount, _options);
}
