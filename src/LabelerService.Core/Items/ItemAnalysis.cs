using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Items;

/// <summary>
/// What is known of every item: its likeliest class, the probability that this is wrong (1 − its probability in
/// <see cref="CalibratedPosteriors"/>), how hard it is for labelers (GLAD's difficulty where the aggregation has it, else
/// <see cref="ItemDifficulty"/>), and its number of annotations. Linear in annotations × classes.
/// </summary>
public static class ItemAnalysis
{
    /// <summary>Looks at all items.</summary>
    /// <param name="input">The annotations, what is known (a known item is never wrong), and a model's distributions where the aggregation used them.</param>
    /// <param name="consensus">What an aggregation made of them.</param>
    /// <param name="options">Settings; the defaults if null.</param>
    /// <param name="progress">Told the share of the work done.</param>
    /// <param name="cancel">Checked once a block of items.</param>
    /// <exception cref="ArgumentException">The consensus is of other items or classes.</exception>
    public static ItemReport Run(
        AggregationInput input, Consensus consensus, ItemAnalysisOptions? options = null, IProgress<double>? progress = null,
        CancellationToken cancel = default)
    {
        options ??= new ItemAnalysisOptions();
        var evidence = new ItemEvidence(input, consensus);
        var (table, classes) = (input.Table, evidence.ClassCount);
        var calibrated = CalibratedPosteriors.Of(input, consensus, options.Temperature, options.Threads, cancel);
        var count = table.ItemCount;
        var difficulty = consensus.ItemDifficulties is null ? ItemDifficulty.Fit(table, evidence, cancel) : null;
        var report = new ItemReport
        {
            Calibrated = calibrated,
            Classes = consensus.Classes(),
            ProbabilitiesWrong = new double[count],
            Difficulties = new double[count],
            AnnotationCounts = new int[count],
        };
        ItemBlocks.Run(
            count, options.Threads, () => new ItemDifficulty.Scratch(classes),
            (scratch, first, end) =>
            {
                for (var n = first; n < end; n++)
                {
                    var range = table.RangeOfItem(n);
                    report.AnnotationCounts[n] = range.End - range.Start;
                    report.ProbabilitiesWrong[n] = Math.Clamp(1 - calibrated.Posteriors[(n * classes) + report.Classes[n]], 0, 1);
                    report.Difficulties[n] = difficulty?.Of(n, scratch) ?? Math.Clamp(consensus.ItemDifficulties![n], 0, 1);
                }
            },
            null, progress, cancel);
        return report;
    }
}
