using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Items;

/// <summary>
/// Annotations ranked by the probability that they are wrong, 1 − p(y|n), with p from <see cref="CalibratedPosteriors"/>: an annotation has
/// no part in what its labeler is taken to be worth where it is judged itself, and so does not vouch for itself. What its labeler is worth
/// does count: a careful labeler's lonely answer is not suspected, a spammer's is.
/// </summary>
/// <remarks>
/// Linear in annotations × classes: a heap of the size asked for, never a sort of everything. Ties go to the lower position, so the result
/// is one, whatever the number of threads.
/// </remarks>
public static class SuspectRanking
{
    /// <summary>The annotations likeliest to be wrong, the likeliest first; only such as name another class than the likeliest.</summary>
    /// <param name="input">The annotations, what is known (its annotations are right or wrong for sure), and a model's distributions.</param>
    /// <param name="consensus">What an aggregation made of them.</param>
    /// <param name="count">Most annotations to return.</param>
    /// <param name="options">Which, and how they are worded; the defaults if null.</param>
    /// <param name="progress">Told the share of items done.</param>
    /// <param name="cancel">Checked once a block of items.</param>
    /// <exception cref="ArgumentException">The consensus is of other items or classes.</exception>
    public static IReadOnlyList<SuspectedAnnotation> Top(
        AggregationInput input, Consensus consensus, int count, SuspectOptions? options = null, IProgress<double>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        options ??= new SuspectOptions();
        var table = input.Table;
        var calibrated = options.Calibrated ?? CalibratedPosteriors.Of(input, consensus, null, options.Threads, cancel);
        ClassDistributions.CheckLength(calibrated.Posteriors.Length, table.ItemCount, table.ClassCount, nameof(options));
        if (count == 0)
        {
            return [];
        }

        var top = new TopScores(count);
        if (options.Labeler is not { } labeler)
        {
            ItemBlocks.Run(
                table.ItemCount, options.Threads, () => new TopScores(count),
                (local, start, end) =>
                {
                    var last = start < end ? table.RangeOfItem(end - 1).End : 0;
                    for (var i = start < end ? table.RangeOfItem(start).Start : 0; i < last; i++)
                    {
                        Judge(input, calibrated, options, i, local);
                    }
                },
                top.Add, progress, cancel);
        }
        else if ((uint)labeler < (uint)table.LabelerCount)
        {
            foreach (var i in table.PositionsOfLabeler(labeler))
            {
                Judge(input, calibrated, options, i, top);
            }
        }

        return Describe(input, consensus, options, calibrated, top, cancel);
    }

    private static void Judge(AggregationInput input, CalibratedPosteriors calibrated, SuspectOptions options, int position, TopScores top)
    {
        var table = input.Table;
        var row = calibrated.Posteriors.AsSpan(table.Items[position] * table.ClassCount, table.ClassCount);
        var given = table.Classes[position];
        var wrong = Math.Clamp(1 - row[given], 0, 1);
        if (wrong >= options.MinProbabilityWrong && ClassDistributions.Top(row) != given)
        {
            top.Add(wrong, position);
        }
    }

    private static List<SuspectedAnnotation> Describe(
        AggregationInput input, Consensus consensus, SuspectOptions options, CalibratedPosteriors calibrated, TopScores top, CancellationToken cancel)
    {
        var table = input.Table;
        var evidence = new ItemEvidence(input, consensus);
        var reasons = new SuspectReasons(input, evidence, consensus, options.ClassNames);
        var result = new List<SuspectedAnnotation>();
        double[] logs = new double[table.ClassCount], without = new double[table.ClassCount];
        foreach (var (score, position) in top.Sorted())
        {
            cancel.ThrowIfCancellationRequested();
            var item = table.Items[position];
            var likely = ClassDistributions.Top(calibrated.Posteriors.AsSpan(item * table.ClassCount, table.ClassCount));
            evidence.Logs(item, logs);
            evidence.Without(position, logs, without);
            result.Add(new SuspectedAnnotation(
                position, item, table.Labelers[position], table.Classes[position], likely, without[likely], score, reasons.Of(position, likely)));
        }

        return result;
    }
}
