using LabelerService.Core.Metrics;

namespace LabelerService.Core.Labelers;

/// <summary>
/// Speeds. What an item usually takes is the geometric mean of the other labelers' durations on it together with <see cref="PriorWeight"/>
/// times the median of all durations: items with few durations count as usual ones. An answer is hasty below
/// <see cref="LabelerAnalysisOptions.HastyFactor"/> times that. Durations of 0 count as one millisecond.
/// </summary>
internal sealed class SpeedAnalysis
{
    // Pseudo-durations of the common median for each item.
    private const double PriorWeight = 3;

    private readonly LabelerAnalysisInput _input;
    private readonly LabelerAnalysisOptions _options;
    private readonly double _common;
    private readonly double[] _logSums;
    private readonly int[] _counts;

    public SpeedAnalysis(LabelerAnalysisInput input, LabelerAnalysisOptions options)
    {
        (_input, _options) = (input, options);
        var table = input.Table;
        (_logSums, _counts) = ([], []);
        if (input.DurationsMs.IsEmpty)
        {
            return;
        }

        (_logSums, _counts) = (new double[table.ItemCount], new int[table.ItemCount]);
        var known = new int[table.Count];
        var count = 0;
        for (var i = 0; i < table.Count; i++)
        {
            var duration = input.DurationOf(i);
            if (duration >= 0)
            {
                known[count++] = duration;
                _logSums[table.Items[i]] += Log(duration);
                _counts[table.Items[i]]++;
            }
        }

        var all = known.AsSpan(0, count);
        all.Sort();
        _common = count == 0 ? 0 : Math.Log(Math.Max(1, Quantiles.Of(all, 0.5)));
    }

    /// <summary>A labeler's speed; null without durations.</summary>
    public LabelerSpeed? Of(int labeler)
    {
        if (_counts.Length == 0)
        {
            return null;
        }

        var table = _input.Table;
        var positions = table.PositionsOfLabeler(labeler);
        var durations = new int[positions.Length];
        var (count, hasty) = (0, 0);
        var factor = Math.Log(_options.HastyFactor);
        foreach (var position in positions)
        {
            var duration = _input.DurationOf(position);
            if (duration < 0)
            {
                continue;
            }

            durations[count++] = duration;
            var (item, log) = (table.Items[position], Log(duration));
            var usual = (_logSums[item] - log + (PriorWeight * _common)) / (_counts[item] - 1 + PriorWeight);
            hasty += log < usual + factor ? 1 : 0;
        }

        var known = durations.AsSpan(0, count);
        known.Sort();
        return count == 0 ? null : new LabelerSpeed(count, Quantiles.Of(known, 0.5), Quantiles.Of(known, 0.25), Quantiles.Of(known, 0.75), hasty);
    }

    private static double Log(int duration) => Math.Log(Math.Max(1, duration));
}
