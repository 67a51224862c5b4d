using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Agreement;

/// <summary>
/// How much labelers agree: all together (<see cref="AgreementCalculator"/> has the formulas), by pairs, and each with the others. Labels
/// that are missing are no disagreement. An item and a labeler are expected to have one annotation at most; where there are more, each counts.
/// </summary>
public static class AgreementAnalysis
{
    /// <summary>Fewer pairable items than this, and bootstrap intervals are too narrow: with 10 items, 95 % intervals covered 90 % in simulation; with 20, 93.5 %.</summary>
    public const int FewItems = 20;

    /// <summary>Works out agreement. Time and memory are linear in annotations, but for <see cref="AgreementReport.Pairs"/> (see <see cref="AgreementOptions.MaxPairWork"/>).</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="options">Scale, intervals and pairs; the defaults if null.</param>
    /// <param name="progress">Told how far it is, in [0, 1], from several threads.</param>
    /// <param name="cancellationToken">Checked at least once a block of labelers or resamples.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static AgreementReport Run(
        AnnotationTable table, AgreementOptions? options = null, IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new AgreementOptions();
        options.Check();
        var profiles = ItemProfiles.Of(table, cancellationToken);
        var values = new AgreementCalculator(profiles, options.Scale).Run(profiles.Weights);
        var replicates = AgreementBootstrap.Run(profiles, options, Part(progress, 0, 0.5), cancellationToken);
        var search = new LabelerPairSearch(table, options, cancellationToken);
        var pairs = search.Run(Part(progress, 0.5, 0.5));
        var (pairable, annotations) = Pairable(profiles);
        var report = new AgreementReport
        {
            Scale = options.Scale,
            Level = options.Level,
            Replicates = replicates.Length,
            Percent = Of(values.Percent, replicates.Select(r => r.Percent), replicates.Length, options.Level),
            Fleiss = Of(values.Fleiss, replicates.Select(r => r.Fleiss), replicates.Length, options.Level),
            KrippendorffAlpha = Of(values.Alpha, replicates.Select(r => r.Alpha), replicates.Length, options.Level),
            PairableItems = pairable,
            PairableAnnotations = annotations,
            PairCount = search.PairCount,
            Pairs = pairs,
            Labelers = WithOthers(table),
            Warnings = [],
        };
        return report with { Warnings = [.. Warnings(report, table, options, search)] };
    }

    private static Estimate Of(double value, IEnumerable<double> resampled, int replicates, double level)
    {
        if (!double.IsFinite(value))
        {
            return default;
        }

        var (low, high) = AgreementBootstrap.Interval(resampled, replicates, level);
        return new Estimate(value, low, high);
    }

    private static (int Items, long Annotations) Pairable(ItemProfiles profiles)
    {
        long items = 0, annotations = 0;
        for (var p = 0; p < profiles.Count; p++)
        {
            items += profiles.Sizes[p] > 1 ? profiles.Weights[p] : 0;
            annotations += profiles.Sizes[p] > 1 ? profiles.Weights[p] * profiles.Sizes[p] : 0;
        }

        return ((int)items, annotations);
    }

    // Of an annotation's m − 1 pairs, as many agree as others name its class.
    private static AgreementWithOthers[] WithOthers(AnnotationTable table)
    {
        var equal = new long[table.LabelerCount];
        var pairs = new long[table.LabelerCount];
        var counts = new int[table.ClassCount];
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            for (var i = start; i < end; i++)
            {
                counts[table.Classes[i]]++;
            }

            for (var i = start; i < end; i++)
            {
                equal[table.Labelers[i]] += counts[table.Classes[i]] - 1;
                pairs[table.Labelers[i]] += end - start - 1;
            }

            for (var i = start; i < end; i++)
            {
                counts[table.Classes[i]] = 0;
            }
        }

        var result = new AgreementWithOthers[table.LabelerCount];
        for (var r = 0; r < result.Length; r++)
        {
            result[r] = new AgreementWithOthers(pairs[r] > 0 ? (double)equal[r] / pairs[r] : null, pairs[r]);
        }

        return result;
    }

    private static IEnumerable<AggregationWarning> Warnings(
        AgreementReport report, AnnotationTable table, AgreementOptions options, LabelerPairSearch search)
    {
        if (report.PairableItems == 0)
        {
            yield return new("NO_PAIRABLE_ITEMS", "No item has two annotations: agreement cannot be measured. Have some items annotated twice.");
        }
        else if (report.KrippendorffAlpha.Value is null || report.Fleiss.Value is null)
        {
            yield return new("ONE_CLASS_NAMED", "All annotations name one class: what chance alone would bring cannot be told, so κ and α are not defined.");
        }
        else if (report.PairableItems < FewItems)
        {
            yield return new("FEW_ITEMS", $"Only {report.PairableItems} items have two annotations: below {FewItems} the intervals are too narrow.");
        }

        if (report.PairableItems > 0 && report.Replicates < options.BootstrapReplicates)
        {
            yield return new("FEWER_RESAMPLES", $"The intervals rest on {report.Replicates} resamples instead of {options.BootstrapReplicates}, for the size of the data.");
        }

        if (search.LabelersCompared < table.LabelerCount)
        {
            yield return new("ACTIVE_LABELERS_COMPARED", $"Only the {search.LabelersCompared} most active labelers were compared with each other: items have very many annotations.");
        }

        if (report.PairCount > report.Pairs.Count)
        {
            yield return new("PAIRS_LEFT_OUT", $"{report.PairCount} pairs of labelers share items; the {report.Pairs.Count} that share most are listed.");
        }
    }

    private static Progress? Part(IProgress<double>? progress, double start, double length) =>
        progress is null ? null : new Progress(progress, start, length);

    private sealed class Progress(IProgress<double> whole, double start, double length) : IProgress<double>
    {
        public void Report(double value) => whole.Report(start + (value * length));
    }
}
