using LabelerService.Core.Aggregation.Confusions;

namespace LabelerService.Core.Aggregation;

/// <content>The partial steps, and the counts they keep.</content>
public sealed partial class OnlineConfusions
{
    // All parameters from all counts, without any item being looked at again.
    private void Settle()
    {
        for (var r = 0; r < LabelerCount; r++)
        {
            Maximise(r);
        }

        _commonUsed = CommonNow();
        _classPrior = ClassPriorNow();
        _classPriorSpread = _classPrior;
        Array.Copy(_logs, _spread, _logs.Length);
        _annotations.TakeTouched();
    }

    private double Visit(int item)
    {
        ItemVisits++;
        _pending[item] = 0;
        if (_gold[item] >= 0)
        {
            return 0;
        }

        var row = _row.AsSpan();
        Prior(item, row);
        foreach (var (labeler, label) in _annotations.Of(item))
        {
            var logs = _logs.AsSpan(((labeler * ClassCount) + label) * ClassCount, ClassCount);
            for (var k = 0; k < row.Length; k++)
            {
                row[k] += logs[k];
            }
        }

        ClassDistributions.SoftMax(row);
        return Move(item, row);
    }

    // From one posterior to another, with all that is counted by it; returns Σ_k |change|.
    private double Move(int item, ReadOnlySpan<double> to)
    {
        var posterior = Posterior(item);
        var change = 0.0;
        var difference = _scratch.AsSpan(0, ClassCount);
        for (var k = 0; k < difference.Length; k++)
        {
            difference[k] = to[k] - posterior[k];
            change += Math.Abs(difference[k]);
            posterior[k] = to[k];
        }

        foreach (var (labeler, label) in _annotations.Of(item))
        {
            AddTo(Counts(labeler, label), difference, sign: 1);
            AddTo(_common.AsSpan(label * ClassCount, ClassCount), difference, sign: 1);
            _annotations.Touch(labeler);
        }

        if (CountsForClasses(item))
        {
            AddTo(_classCounts, difference, sign: 1);
        }

        return change;
    }

    // The M-step of the labelers whose counts moved, and of what all share. Items of those who moved are checked.
    private void MaximiseTouched()
    {
        var common = CommonNow();
        if (_options.Confusions.Shrinkage > 0 && LargestLogChange(common, _commonUsed) > Tolerance)
        {
            _annotations.TouchAll();
        }

        _commonUsed = _annotations.AllTouched ? common : _commonUsed;
        foreach (var labeler in _annotations.TakeTouched())
        {
            Maximise(labeler);
            var (first, cells) = (labeler * ClassCount * ClassCount, ClassCount * ClassCount);
            var moved = 0.0;
            for (var cell = 0; cell < cells; cell++)
            {
                _moves[cell] = _logs[first + cell] - _spread[first + cell];
                moved = Math.Max(moved, Math.Abs(_moves[cell]));
            }

            if (moved > Tolerance)
            {
                Array.Copy(_logs, first, _spread, first, cells);
                foreach (var (item, label) in _annotations.ItemsOf(labeler))
                {
                    Check(item, _moves.AsSpan(label * ClassCount, ClassCount));
                }
            }
        }

        _classPrior = ClassPriorNow();
        if (LargestLogChange(_classPrior, _classPriorSpread) > Tolerance)
        {
            for (var k = 0; k < ClassCount; k++)
            {
                _moves[k] = ClassDistributions.Log(_classPrior[k]) - ClassDistributions.Log(_classPriorSpread[k]);
            }

            _classPriorSpread = _classPrior;
            for (var n = 0; n < ItemCount; n++)
            {
                Check(n, _moves.AsSpan(0, ClassCount));
            }
        }
    }

    // Queues the item if all that moved since its last E-step matters to it.
    private void Check(int item, ReadOnlySpan<double> moves)
    {
        ItemChecks++;
        if (_gold[item] >= 0)
        {
            return;
        }

        var posterior = Posterior(item);
        double mean = 0, change = 0;
        for (var k = 0; k < moves.Length; k++)
        {
            mean += posterior[k] * moves[k];
        }

        for (var k = 0; k < moves.Length; k++)
        {
            change += posterior[k] * Math.Abs(moves[k] - mean);
        }

        _pending[item] += change;
        if (_pending[item] > Tolerance)
        {
            _annotations.Queue(item);
        }
    }

    private void Maximise(int labeler)
    {
        var cells = ClassCount * ClassCount;
        var logs = _logs.AsSpan(labeler * cells, cells);
        for (var cell = 0; cell < cells; cell++)
        {
            // What was added and taken away again may leave a rounding below zero.
            logs[cell] = Math.Max(0, _counts[(labeler * cells) + cell]);
        }

        ConfusionEstimator.ToLogs(logs, _commonUsed, _scratch, ClassCount, _options.Confusions);
    }

    private void Append(int item, int labeler, int label)
    {
        if (!CountsForClasses(item))
        {
            AddTo(_classCounts, Posterior(item), sign: 1);
        }

        _annotations.Append(item, labeler, label);
        Add(item, labeler, label, sign: 1);
    }

    private void Add(int item, int labeler, int label, int sign)
    {
        AddTo(Counts(labeler, label), Posterior(item), sign);
        AddTo(_common.AsSpan(label * ClassCount, ClassCount), Posterior(item), sign);
        _annotations.Touch(labeler);
        _annotations.Queue(item);
    }

    private void Grow(int items, int labelers)
    {
        var (oldItems, oldLabelers) = (ItemCount, LabelerCount);
        (ItemCount, LabelerCount) = (items, labelers);
        _annotations.Grow(items, labelers);
        var cells = ClassCount * ClassCount;
        Growth.Ensure(ref _posteriors, (long)items * ClassCount);
        Growth.Ensure(ref _pending, items);
        Growth.Ensure(ref _gold, items);
        Growth.Ensure(ref _counts, (long)labelers * cells);
        Growth.Ensure(ref _logs, (long)labelers * cells);
        Growth.Ensure(ref _spread, (long)labelers * cells);
        for (var n = oldItems; n < items; n++)
        {
            _gold[n] = -1;
            _classPrior.CopyTo(_posteriors, n * ClassCount);
        }

        for (var r = oldLabelers; r < labelers; r++)
        {
            Maximise(r);
            _logs.AsSpan(r * cells, cells).CopyTo(_spread.AsSpan(r * cells));
        }
    }

    private Span<double> Posterior(int item) => _posteriors.AsSpan(item * ClassCount, ClassCount);

    private Span<double> Counts(int labeler, int label) => _counts.AsSpan(((labeler * ClassCount) + label) * ClassCount, ClassCount);

    // Logs of the item's own prior, or of the class distribution.
    private void Prior(int item, Span<double> logs)
    {
        var own = (item + 1) * ClassCount <= _priors.Length && !double.IsNaN(_priors[item * ClassCount]);
        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] = ClassDistributions.Log(own ? _priors[(item * ClassCount) + k] : _classPrior[k]);
        }
    }

    private bool CountsForClasses(int item) => _annotations.CountOf(item) > 0 || _gold[item] >= 0;

    private double[] CommonNow()
    {
        var common = new double[_common.Length];
        for (var cell = 0; cell < common.Length; cell++)
        {
            common[cell] = Math.Max(0, _common[cell]);
        }

        ConfusionEstimator.NormaliseCommon(common, ClassCount, _options.Confusions);
        return common;
    }

    private double[] ClassPriorNow()
    {
        var prior = new double[ClassCount];
        var total = 0.0;
        for (var k = 0; k < prior.Length; k++)
        {
            prior[k] = _options.EstimateClassPrior ? Math.Max(0, _classCounts[k]) + _options.ClassSmoothing : 1;
            total += prior[k];
        }

        for (var k = 0; k < prior.Length; k++)
        {
            prior[k] = total > 0 ? prior[k] / total : 1.0 / prior.Length;
        }

        return prior;
    }

    private static double LargestLogChange(double[] now, double[] before)
    {
        var largest = 0.0;
        for (var i = 0; i < now.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(ClassDistributions.Log(now[i]) - ClassDistributions.Log(before[i])));
        }

        return largest;
    }

    private static void AddTo(Span<double> sums, ReadOnlySpan<double> values, int sign)
    {
        for (var k = 0; k < sums.Length; k++)
        {
            sums[k] += sign * values[k];
        }
    }
}
