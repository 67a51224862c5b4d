using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>
/// One probability of being right for each labeler (one-coin). With <see cref="ConfusionOptions.UniformErrors"/> an annotation costs one
/// addition in either step, whatever the number of classes.
/// </summary>
internal sealed class CoinStep : LabelerStep
{
    private readonly AnnotationTable _table;
    private readonly ConfusionOptions _options;
    private readonly int[] _spots;
    private readonly int[] _starts;
    private readonly int[] _blocks;
    private readonly double[] _accuracies;
    private readonly double[] _rightLogs;
    private readonly double[] _wrongLogs;
    private readonly double[] _errors;
    private readonly double[] _errorLogs;
    private double _mean;
    private double _logPrior;

    /// <summary>Lays the annotations out by labeler.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="options">How accuracies are estimated, checked.</param>
    public CoinStep(AnnotationTable table, ConfusionOptions options)
    {
        _table = table;
        _options = options;
        var (labelers, classes) = (table.LabelerCount, table.ClassCount);
        _spots = new int[table.Count];
        _starts = new int[labelers + 1];
        var at = 0;
        for (var r = 0; r < labelers; r++)
        {
            foreach (var i in table.PositionsOfLabeler(r))
            {
                _spots[at++] = (table.Items[i] * classes) + table.Classes[i];
            }

            _starts[r + 1] = at;
        }

        _blocks = Blocks.Cut(labelers, AggregationBlocks.Cost, r => _starts[r] + (long)r);
        (_accuracies, _rightLogs, _wrongLogs) = (new double[labelers], new double[labelers], new double[labelers]);
        _errors = new double[classes * classes];
        _errorLogs = new double[classes * classes];
        ConfusionEstimator.EvenErrors(_errors, classes);
        LabelerConfusions.LogsByLabel(_errors, classes, _errorLogs);
    }

    /// <summary>Whether confusion matrices were asked for but would be too large.</summary>
    public bool IsFallback => _options.Form == ConfusionForm.Auto;

    /// <inheritdoc/>
    public override bool NeedsCommon => !_options.UniformErrors;

    /// <inheritdoc/>
    public override double LogPrior => _logPrior;

    /// <inheritdoc/>
    public override void Estimate(double[] posteriors, double[]? common, AggregationControl control)
    {
        var right = _accuracies;
        AggregationBlocks.For(control).Run(_blocks, (_, first, end) =>
        {
            for (var r = first; r < end; r++)
            {
                var sum = 0.0;
                foreach (var spot in _spots.AsSpan(_starts[r].._starts[r + 1]))
                {
                    sum += posteriors[spot];
                }

                right[r] = sum;
            }
        });
        _logPrior = 0;
        if (common is not null)
        {
            _logPrior = ErrorsFrom(common);
        }

        // Class distributions sum to one, so the answers are the annotations.
        _mean = ConfusionEstimator.MeanAccuracy(right, _table.Count, _table.ClassCount, _options);
        for (var r = 0; r < right.Length; r++)
        {
            (right[r], var logPrior) = ConfusionEstimator.Accuracy(right[r], _starts[r + 1] - _starts[r], _mean, _table.ClassCount, _options);
            _logPrior += logPrior;
            _rightLogs[r] = ClassDistributions.Log(right[r]);
            _wrongLogs[r] = ClassDistributions.Log(1 - right[r]);
        }
    }

    /// <inheritdoc/>
    public override void StartFrom(LabelerConfusions previous)
    {
        var classes = _table.ClassCount;
        for (var r = 0; r < _accuracies.Length; r++)
        {
            var sum = 0.0;
            for (var k = 0; k < classes; k++)
            {
                sum += previous.Probability(r, k, k);
            }

            _accuracies[r] = Math.Min(1, sum / classes);
            _rightLogs[r] = ClassDistributions.Log(_accuracies[r]);
            _wrongLogs[r] = ClassDistributions.Log(1 - _accuracies[r]);
        }
    }

    /// <inheritdoc/>
    public override void AddLogs(int item, Span<double> logs)
    {
        var classes = _table.ClassCount;
        var (start, end) = _table.RangeOfItem(item);
        var labelers = _table.Labelers[start..end];
        var labels = _table.Classes[start..end];
        if (_options.UniformErrors)
        {
            AddUniform(labelers, labels, logs[..classes]);
            return;
        }

        for (var i = 0; i < labels.Length; i++)
        {
            var (right, wrong) = (_rightLogs[labelers[i]], _wrongLogs[labelers[i]]);
            var errors = _errorLogs.AsSpan(labels[i] * classes, classes);
            for (var k = 0; k < errors.Length; k++)
            {
                logs[k] += k == labels[i] ? right : wrong + errors[k];
            }
        }
    }

    /// <inheritdoc/>
    public override LabelerConfusions Build(double[] common) =>
        LabelerConfusions.OneCoin(_table.ClassCount, _accuracies, _errors, _mean, _logPrior);

    // Every class loses the logs of being wrong; the class named gets the log of being right instead.
    private void AddUniform(ReadOnlySpan<int> labelers, ReadOnlySpan<int> labels, Span<double> logs)
    {
        var spread = Math.Log(Math.Max(1, logs.Length - 1));
        var wrongs = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            var wrong = _wrongLogs[labelers[i]] - spread;
            wrongs += wrong;
            logs[labels[i]] += _rightLogs[labelers[i]] - wrong;
        }

        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] += wrongs;
        }
    }

    private double ErrorsFrom(double[] common)
    {
        var classes = _table.ClassCount;
        for (var k = 0; k < classes; k++)
        {
            for (var y = 0; y < classes; y++)
            {
                _errors[(k * classes) + y] = common[(y * classes) + k];
            }
        }

        var logPrior = ConfusionEstimator.NormaliseErrors(_errors, classes, _options);
        LabelerConfusions.LogsByLabel(_errors, classes, _errorLogs);
        return logPrior;
    }
}
