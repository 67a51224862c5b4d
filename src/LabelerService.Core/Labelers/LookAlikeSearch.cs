using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Labelers;

/// <summary>
/// Finds pairs of labelers who copy, among all that share <see cref="LabelerAnalysisOptions.MinSharedItems"/> items. Pairs are found by
/// their meetings on items, so cost follows these, not the square of the labelers; a pair that agrees no more than the labelers' mean
/// accuracies explain is not looked at any closer (<see cref="CopyTest"/>), but counts among those that were tested.
/// </summary>
internal sealed class LookAlikeSearch(
    LabelerAnalysisInput input, LabelerAnalysisOptions options, OthersConsensus others, LabelerWork work, CancellationToken cancellationToken)
{
    // Meetings by which the common excess of agreement is estimated, and the fewest pairs for it.
    private const int SampledMeetings = 100_000;
    private const int FewestSampledPairs = 30;

    private readonly AnnotationTable _table = input.Table;

    /// <summary>Looks for pairs, and adds flags to the reports.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="warnings">Receives a warning where items had to be left out.</param>
    /// <param name="from">Progress at the start.</param>
    /// <param name="to">Progress at the end.</param>
    public (IReadOnlyList<LookAlikePair> Pairs, long Compared) Run(
        LabelerReport[] reports, List<AggregationWarning> warnings, double from, double to)
    {
        var most = MostAnnotations(warnings);
        var common = CommonExcess(most);
        var found = new List<LookAlikePair>?[_table.LabelerCount];
        var compared = new long[_table.LabelerCount];
        work.Run(from, to, () => (Meetings: new PairMeetings(_table, most), Test: new CopyTest(others, _table, common, options.Seed)), (labeler, own) =>
        {
            own.Meetings.Load(labeler);
            for (var i = 0; i < own.Meetings.Partners.Count; i++)
            {
                var shared = own.Meetings.With(i);
                if (shared.Length < options.MinSharedItems)
                {
                    continue;
                }

                compared[labeler]++;
                var partner = own.Meetings.Partners[i];
                if (AgreeMore(reports[labeler], reports[partner], shared))
                {
                    var pair = own.Test.Run(labeler, partner, shared);
                    if (pair.PValue <= options.FalseAlarmRate)
                    {
                        (found[labeler] ??= []).Add(pair);
                    }
                }
            }
        });
        var pairs = found.Where(list => list is not null).SelectMany(list => list!).ToList();
        var threshold = FalseDiscoveries.Threshold(pairs.Select(pair => pair.PValue), Math.Max(1, compared.Sum()), options.FalseAlarmRate);
        LookAlikePair[] alike = [.. pairs.Where(pair => pair.PValue <= threshold).OrderBy(pair => pair.PValue).ThenBy(pair => pair.A).ThenBy(pair => pair.B)];
        Flag(alike, reports);
        return (alike, compared.Sum());
    }

    // The clearest pair of each labeler is its flag.
    private void Flag(LookAlikePair[] alike, LabelerReport[] reports)
    {
        var partners = new int[reports.Length];
        foreach (var pair in alike)
        {
            partners[pair.A]++;
            partners[pair.B]++;
        }

        var done = new HashSet<int>();
        foreach (var pair in alike)
        {
            foreach (var (labeler, other) in (ReadOnlySpan<(int, int)>)[(pair.A, pair.B), (pair.B, pair.A)])
            {
                if (done.Add(labeler))
                {
                    var more = partners[labeler] > 1 ? FlagText.Of($" The same holds of {partners[labeler] - 1} more.") : string.Empty;
                    var text = FlagText.Of(
                        $"Gives the same answer as {input.NameOfLabeler(other)} on {pair.SharedAnswers} of {pair.SharedItems} items, with {pair.SharedErrors:0.0} errors in common where {pair.ExpectedSharedErrors:0.0} are expected of two who do not know of each other ({FlagText.P(pair.PValue)}).{more}");
                    var flag = new LabelerFlag(LabelerFlagKind.LookAlike, text, pair.Statistic, pair.PValue, options.FalseAlarmRate);
                    reports[labeler] = reports[labeler] with { Flags = [.. reports[labeler].Flags, flag] };
                }
            }
        }
    }

    private bool AgreeMore(LabelerReport a, LabelerReport b, ReadOnlySpan<(int Mine, int Theirs)> shared)
    {
        var (p, q) = (a.AgreementWithOthers?.Interval.Mean ?? 0.5, b.AgreementWithOthers?.Interval.Mean ?? 0.5);
        var chance = (p * q) + ((1 - p) * (1 - q) / Math.Max(1, _table.ClassCount - 1));
        var agreed = 0;
        foreach (var (mine, theirs) in shared)
        {
            agreed += _table.Classes[mine] == _table.Classes[theirs] ? 1 : 0;
        }

        return agreed > chance * shared.Length;
    }

    // Items with more annotations than this are left out.
    private int MostAnnotations(List<AggregationWarning> warnings)
    {
        var sizes = new SortedDictionary<int, long>();
        for (var n = 0; n < _table.ItemCount; n++)
        {
            var (start, end) = _table.RangeOfItem(n);
            sizes[end - start] = sizes.GetValueOrDefault(end - start) + 1;
        }

        double meetings = 0;
        long left = 0;
        var most = int.MaxValue;
        var last = 0;
        foreach (var (size, items) in sizes)
        {
            meetings += (double)items * size * (size - 1) / 2;
            if (meetings > options.MaxMeetings)
            {
                most = Math.Min(most, last);
                left += items;
            }

            last = size;
        }

        if (left > 0)
        {
            warnings.Add(new AggregationWarning(
                "LOOK_ALIKES_PARTIAL",
                FlagText.Of($"{left} items with more than {most} annotations each were left out of the search for labelers who look alike: their pairs are too many.")));
        }

        return most;
    }

    // The median over pairs of the excess of agreement, or 0: what any two labelers share.
    private double CommonExcess(int most)
    {
        var meetings = new PairMeetings(_table, most);
        var test = new CopyTest(others, _table, common: 0, options.Seed);
        var excesses = new List<double>();
        var order = Enumerable.Range(0, _table.LabelerCount).ToArray();
        new Random(options.Seed).Shuffle(order);
        var looked = 0;
        foreach (var labeler in order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (looked > SampledMeetings)
            {
                break;
            }

            meetings.Load(labeler);
            for (var i = 0; i < meetings.Partners.Count && looked <= SampledMeetings; i++)
            {
                var shared = meetings.With(i);
                if (shared.Length >= options.MinSharedItems)
                {
                    looked += shared.Length;
                    excesses.Add(test.Excess(labeler, meetings.Partners[i], shared));
                }
            }
        }

        if (excesses.Count < FewestSampledPairs)
        {
            return 0;
        }

        excesses.Sort();
        return Math.Clamp(excesses[excesses.Count / 2], 0, 0.9);
    }
}
