using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Labelers;

/// <summary>
/// Whom to trust: what is counted of each labeler, and what is found of it at a stated rate of false alarms. The yardstick is what the
/// others say of an item (<see cref="OthersConsensus"/>), so that nobody confirms itself. Cost is linear in annotations × classes, except
/// for look-alikes, whose cost is the number of meetings of two labelers on an item (bounded by
/// <see cref="LabelerAnalysisOptions.MaxMeetings"/>). Labelers are worked on in parallel, each by itself, so the result is the same bits
/// whatever the number of threads.
/// </summary>
public static class LabelerAnalysis
{
    /// <summary>Analyses the labelers.</summary>
    /// <param name="input">Annotations, their consensus, and what else is known.</param>
    /// <param name="options">Settings; the defaults if null.</param>
    /// <param name="progress">Receives the share done, in [0, 1].</param>
    /// <param name="cancellationToken">Checked for each labeler.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or an option is out of range.</exception>
    public static LabelerAnalysisResult Run(
        LabelerAnalysisInput input,
        LabelerAnalysisOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new LabelerAnalysisOptions();
        options.Check();
        input.Check();
        var table = input.Table;
        var others = new OthersConsensus(input);
        var speeds = new SpeedAnalysis(input, options);
        var work = new LabelerWork(table, options.Threads, progress, cancellationToken);
        var reports = new LabelerReport[table.LabelerCount];
        var drifts = new DriftSearch(input, options);
        work.Run(0, 0.3, () => (Evidence: new LabelerEvidence(others, table), Drift: DriftSearch.NewScratch()), (labeler, own) =>
        {
            own.Evidence.Load(labeler);
            reports[labeler] = LabelerMeasures.Of(labeler, input, options, own.Evidence, others) with
            {
                Speed = speeds.Of(labeler),
                Drift = drifts.Of(labeler, own.Evidence, own.Drift),
            };
        });
        var warnings = new List<AggregationWarning>();
        IReadOnlyList<LookAlikePair> alike = [];
        var compared = 0L;
        if (table.ClassCount > 1)
        {
            var sharpened = new CarelessSearch(input, options, work, cancellationToken).Run(others, reports, 0.3, 0.7);
            (alike, compared) = new LookAlikeSearch(input, options, sharpened, work, cancellationToken).Run(reports, warnings, 0.7, 0.99);
        }

        TimeFlags.Add(reports, options);
        for (var r = 0; r < reports.Length; r++)
        {
            reports[r] = reports[r] with { Flags = [.. reports[r].Flags.OrderBy(flag => flag.PValue).ThenBy(flag => flag.Kind)] };
        }

        work.Report(1);
        return new LabelerAnalysisResult { Labelers = reports, LookAlikes = alike, PairsCompared = compared, Warnings = warnings };
    }
}
