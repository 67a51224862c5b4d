using LabelerService.Core.Aggregation;
using LabelerService.Core.Items;

namespace LabelerService.Core.Acquisition;

/// <summary>
/// Chooses what to annotate next, and by whom: greedily the pair of item and labeler that is worth most, then the next, with answers asked
/// for but not there yet in view. Never the same item by the same labeler twice, and nobody beyond the limits.
/// </summary>
/// <remarks>
/// Cost: items × profiles × classes² for the first look (profiles: at most <see cref="NextOptions.MaxProfiles"/>, whatever the number of
/// labelers), then for each annotation chosen a few labelers × classes². Worth only falls as labelers fill up and answers pend, so an item's
/// last known worth bounds it and only the top of a heap is looked at again (Minoux 1978, lazy greedy). With no more labelers than profiles
/// that is exactly the greedy choice; with more, the labeler is the best of some members of the most promising profiles.
/// </remarks>
public static class NextAnnotations
{
    /// <summary>Ranks.</summary>
    /// <param name="input">What is known, and who can be asked about what.</param>
    /// <param name="options">How many, and by what they are chosen; the defaults if null.</param>
    /// <param name="progress">Told the share of the items looked at.</param>
    /// <param name="cancel">Checked once a block of items, and while the batch is put together.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, an index or option is out of range, or a cost is not above 0.</exception>
    public static NextBatch Rank(
        NextInput input, NextOptions? options = null, IProgress<double>? progress = null, CancellationToken cancel = default)
    {
        options ??= new NextOptions();
        Check(input, options);
        input = input.Calibrated is null
            ? input with { Calibrated = CalibratedPosteriors.Of(input.Data, input.Consensus, null, options.Threads, cancel) } : input;
        var table = input.Data.Table;
        var state = new NextState(input, options, cancel);
        var candidates = input.Candidates;
        var count = candidates?.Count ?? table.ItemCount;
        var worth = new double[count];
        var done = new bool[count];
        ItemBlocks.Run(
            count, options.Threads, () => new double[2 * table.ClassCount],
            (scratch, start, end) =>
            {
                for (var i = start; i < end; i++)
                {
                    var item = candidates?[i] ?? i;
                    done[i] = state.IsDone(item);
                    worth[i] = done[i] ? 0 : state.Bound(item, scratch);
                }
            },
            null, progress, cancel);
        var open = new List<(int Item, NextOrder Order)>();
        for (var i = 0; i < count; i++)
        {
            if (!done[i])
            {
                var item = candidates?[i] ?? i;
                open.Add((item, new NextOrder(worth[i], Mix(item, options.Seed), item)));
            }
        }

        var heap = new PriorityQueue<int, NextOrder>(open, NextOrder.Comparer);
        var chosen = new List<NextAnnotation>();
        while (chosen.Count < options.Count && state.AnybodyLeft && heap.TryDequeue(out var item, out var order))
        {
            cancel.ThrowIfCancellationRequested();
            if (state.Best(item) is not { } best)
            {
                continue;
            }

            var now = order with { Worth = best.Worth };
            if (heap.TryPeek(out _, out var next) && NextOrder.Comparer.Compare(next, now) < 0)
            {
                heap.Enqueue(item, now);
                continue;
            }

            chosen.Add(state.Take(item, best));
            if (state.PendingOf(item) < options.MaxPerItem && state.Worth(item) is { } again)
            {
                heap.Enqueue(item, now with { Worth = again });
            }
        }

        return new NextBatch
        {
            Annotations = chosen,
            CandidateItems = count,
            DoneItems = done.Count(isDone => isDone),
            Warnings = Warnings(input, options, chosen.Count, open.Count),
        };
    }

    private static List<AggregationWarning> Warnings(NextInput input, NextOptions options, int chosen, int open)
    {
        var warnings = new List<AggregationWarning>();
        if (input.Data.Table.ClassCount == 1)
        {
            warnings.Add(new AggregationWarning("ONE_CLASS", "With one class there is nothing to be learnt from annotations."));
        }
        else if (chosen < options.Count && input.Labelers is { Count: 0 })
        {
            warnings.Add(new AggregationWarning("NO_LABELERS", "Nobody may be asked: no labeler is available."));
        }
        else if (chosen < options.Count && open > 0)
        {
            warnings.Add(new AggregationWarning(
                "NO_MORE_POSSIBLE",
                $"{chosen} of {options.Count} annotations are suggested: the available labelers have reached their limits or have annotated the "
                + "items already, or no answer would tell anything."));
        }

        return warnings;
    }

    // Among equals a shuffle that the seed decides, so that a batch of items nothing is known of is a fair sample of them.
    private static uint Mix(int item, int seed)
    {
        var x = unchecked(((uint)item * 2_654_435_769u) ^ ((uint)seed * 2_246_822_519u));
        x = unchecked((x ^ (x >> 15)) * 2_146_121_005u);
        x = unchecked((x ^ (x >> 13)) * 2_221_713_035u);
        return x ^ (x >> 16);
    }

    private static void Check(NextInput input, NextOptions options)
    {
        input.Data.Check();
        var table = input.Data.Table;
        ClassDistributions.CheckLength(input.Consensus.Posteriors.Length, table.ItemCount, table.ClassCount, nameof(input));
        if (input.Calibrated is { } calibrated)
        {
            ClassDistributions.CheckLength(calibrated.Posteriors.Length, table.ItemCount, table.ClassCount, nameof(input));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(options.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxPerItem);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxPerLabeler);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxAnnotationsPerItem);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxProfiles);
        if (options.DoneProbabilityWrong is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.DoneProbabilityWrong, "The probability lies in [0, 1).");
        }

        foreach (var item in input.Candidates ?? [])
        {
            if ((uint)item >= (uint)table.ItemCount)
            {
                throw new ArgumentException($"Item {item} is outside [0, {table.ItemCount}).", nameof(input));
            }
        }

        foreach (var labeler in input.Labelers ?? [])
        {
            if (!(labeler.Cost > 0) || !double.IsFinite(labeler.Cost) || labeler.MaxAnnotations < 0)
            {
                throw new ArgumentException($"Labeler {labeler.Labeler} needs a cost above 0 and a limit that is not negative.", nameof(input));
            }
        }
    }
}
