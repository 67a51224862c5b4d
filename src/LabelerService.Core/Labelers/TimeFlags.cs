using System.Globalization;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Labelers;

/// <summary>Flags of who changed and who is hasty, from what the reports hold of times and durations.</summary>
internal static class TimeFlags
{
    // The fewest durations of which a share says something.
    private const int LeastDurations = 10;

    /// <summary>Adds the flags to the reports.</summary>
    public static void Add(LabelerReport[] reports, LabelerAnalysisOptions options)
    {
        var changes = reports.Select(report => report.Drift?.PValue).ToArray();
        Add(reports, changes, options.FalseAlarmRate, (report, p) => new LabelerFlag(
            LabelerFlagKind.Drifted, Changed(report.Drift!, p), report.Drift!.Statistic, p, options.FalseAlarmRate));
        var hasty = reports.Select(report => HastyPValue(report.Speed, options)).ToArray();
        Add(reports, hasty, options.FalseAlarmRate, (report, p) => new LabelerFlag(
            LabelerFlagKind.Hasty, Hasty(report.Speed!, options, p), report.Speed!.HastyShare, p, options.FalseAlarmRate));
    }

    private static void Add(LabelerReport[] reports, double?[] pValues, double rate, Func<LabelerReport, double, LabelerFlag> flag)
    {
        double[] tested = [.. pValues.Where(p => p is not null).Select(p => p!.Value)];
        var threshold = FalseDiscoveries.Threshold(tested, tested.Length, rate);
        for (var r = 0; r < reports.Length; r++)
        {
            if (pValues[r] is { } p && p <= threshold)
            {
                reports[r] = reports[r] with { Flags = [.. reports[r].Flags, flag(reports[r], p)] };
            }
        }
    }

    // P(at least so many hasty ones) at the tolerated share: the binomial tail as an incomplete beta function.
    private static double? HastyPValue(LabelerSpeed? speed, LabelerAnalysisOptions options)
    {
        if (speed is null || speed.Count < LeastDurations)
        {
            return null;
        }

        return speed.HastyCount == 0
            ? 1
            : BetaDistribution.Cdf(speed.HastyCount, speed.Count - speed.HastyCount + 1, options.HastyTolerance);
    }

    private static string Changed(LabelerDrift drift, double p)
    {
        var (before, after) = (drift.Before, drift.After);
        var way = after.Interval.Mean < before.Interval.Mean ? "worse" : "better";
        var moment = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(
            drift.ChangeTime, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        return FlagText.Of(
            $"Became {way} on {moment.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC: right in {FlagText.Percent(before.Successes / before.Count)} of {before.Count} answers before and {FlagText.Percent(after.Successes / after.Count)} of {after.Count} since, by the consensus of the others ({FlagText.P(p)}).");
    }

    private static string Hasty(LabelerSpeed speed, LabelerAnalysisOptions options, double p) => FlagText.Of(
        $"{speed.HastyCount} of {speed.Count} answers took less than {FlagText.Percent(options.HastyFactor)} of what their items usually take (median {speed.MedianMs / 1000:0.0} s), more than the {FlagText.Percent(options.HastyTolerance)} that are tolerated ({FlagText.P(p)}).");
}
