using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Votes;

/// <summary>Votes that count as much as their labelers' weights, and what they decide.</summary>
internal static class WeightedVotes
{
    /// <summary>Items in a block of a pass.</summary>
    internal const int BlockSize = 1024;

    // Sums of weights in another order differ by rounding: what is this close is a tie.
    private const double Tie = 1 - 1e-12;

    // Known items that agreement with others is worth, however many items it rests on.
    private const double WorthOfAgreement = 2;

    /// <summary>
    /// Share of the weight on each class: p(k|n) = Σ_{r: y_nr = k} w_r / Σ_r w_r. Where an item's labelers all have weight 0 each counts as one.
    /// Items without annotations are left as they are.
    /// </summary>
    /// <param name="table">The annotations.</param>
    /// <param name="weights">Weights of the labelers [R], not negative.</param>
    /// <param name="shares">Receives the shares, row-major [N, K].</param>
    /// <param name="blocks">Threads.</param>
    internal static void Shares(AnnotationTable table, double[] weights, double[] shares, Blocks blocks) =>
        blocks.Run(table.ItemCount, BlockSize, (first, last) =>
        {
            var labelers = table.Labelers;
            var labels = table.Classes;
            var classes = table.ClassCount;
            for (var n = first; n < last; n++)
            {
                var (start, end) = table.RangeOfItem(n);
                if (start == end)
                {
                    continue;
                }

                var row = shares.AsSpan(n * classes, classes);
                row.Clear();
                var total = 0.0;
                for (var i = start; i < end; i++)
                {
                    row[labels[i]] += weights[labelers[i]];
                    total += weights[labelers[i]];
                }

                for (var i = start; i < end && total <= 0; i++)
                {
                    row[labels[i]]++;
                }

                total = total > 0 ? total : end - start;
                for (var k = 0; k < classes; k++)
                {
                    row[k] /= total;
                }
            }
        });

    /// <summary>
    /// The chance of each class to be drawn as the item's label: 1 for the likeliest, shared evenly where several are, up to rounding. Known
    /// items decide for their class.
    /// </summary>
    /// <param name="input">Gold.</param>
    /// <param name="posteriors">Class distributions, row-major [N, K].</param>
    /// <param name="decisions">Receives the chances, row-major [N, K].</param>
    /// <param name="blocks">Threads.</param>
    internal static void Decide(AggregationInput input, double[] posteriors, double[] decisions, Blocks blocks) =>
        blocks.Run(input.Table.ItemCount, BlockSize, (first, last) =>
        {
            var classes = input.Table.ClassCount;
            for (var n = first; n < last; n++)
            {
                var row = posteriors.AsSpan(n * classes, classes);
                var decided = decisions.AsSpan(n * classes, classes);
                if (input.IsGold(n, out var known))
                {
                    decided.Clear();
                    decided[known] = 1;
                    continue;
                }

                var top = row[ClassDistributions.Top(row)] * Tie;
                var tops = 0;
                for (var k = 0; k < classes; k++)
                {
                    tops += row[k] >= top ? 1 : 0;
                }

                for (var k = 0; k < classes; k++)
                {
                    decided[k] = row[k] >= top ? 1.0 / tops : 0;
                }
            }
        });

    /// <summary>
    /// How often each labeler is right [R], given the chances of the classes: a_r = Σ decision / n_r. Where items are known, being right on them is
    /// better evidence than agreeing with others: a_r = (right on known items + c·a_r on the other items) / (known items + c), c = 2. Labelers
    /// with nothing to go by are as good as all together; without any annotation everybody is as good as chance.
    /// </summary>
    /// <param name="input">Number of labelers and classes; gold.</param>
    /// <param name="order">The annotations by labeler.</param>
    /// <param name="decisions">Chances, row-major [N, K].</param>
    /// <param name="blocks">Threads.</param>
    internal static double[] Accuracies(AggregationInput input, LabelerOrder order, double[] decisions, Blocks blocks)
    {
        var labelers = input.Table.LabelerCount;
        var right = new double[labelers];
        var known = new int[labelers];
        var rightOnKnown = new int[labelers];
        blocks.Run(labelers, LabelerOrder.BlockSize, (first, last) =>
        {
            for (var r = first; r < last; r++)
            {
                (right[r], known[r], rightOnKnown[r]) = Count(input, order, decisions, r);
            }
        });

        double all = 0, others = 0;
        for (var r = 0; r < labelers; r++)
        {
            all += right[r];
            others += order.Count(r) - known[r];
        }

        var pooled = others > 0 ? all / others : 1.0 / input.Table.ClassCount;
        for (var r = 0; r < labelers; r++)
        {
            var unknown = order.Count(r) - known[r];
            var agreement = unknown > 0 ? right[r] / unknown : pooled;
            right[r] = Math.Clamp(known[r] > 0 ? (rightOnKnown[r] + (WorthOfAgreement * agreement)) / (known[r] + WorthOfAgreement) : agreement, 0, 1);
        }

        return right;
    }

    private static (double Right, int Known, int RightOnKnown) Count(AggregationInput input, LabelerOrder order, double[] decisions, int labeler)
    {
        var items = order.Items;
        var labels = order.Classes;
        var classes = input.Table.ClassCount;
        var gold = input.Gold.Span;
        var (start, end) = order.Range(labeler);
        var (right, known, rightOnKnown) = (0.0, 0, 0);
        for (var i = start; i < end; i++)
        {
            if (!gold.IsEmpty && gold[items[i]] >= 0)
            {
                known++;
                rightOnKnown += gold[items[i]] == labels[i] ? 1 : 0;
            }
            else
            {
                right += decisions[(items[i] * classes) + labels[i]];
            }
        }

        return (right, known, rightOnKnown);
    }
}
