using LabelerService.Core.Aggregation.Votes;

namespace LabelerService.Core.Aggregation.Spectral;

/// <summary>
/// How sure KOS is. The algorithm decides, but gives no probabilities. So reliabilities y are taken as log-odds up to a factor c ≥ 0: a labeler
/// is right with probability q where ln(q (K − 1)/(1 − q)) = c·y, which makes softmax_k(c V(k)) the posterior and leaves the decisions as
/// they are. c is the maximum of the likelihood of the annotations given what the other labelers of their items decide (a logistic regression in
/// one variable), with three pseudo-annotations of reliability 1, two of them right.
/// </summary>
internal static class KosCalibration
{
    private const double PseudoRight = 2;
    private const double PseudoWrong = 1;
    private const double SmallestFactor = 1e-3;
    private const double LargestFactor = 50;
    private const int Iterations = 30;
    private const double Tolerance = 1e-10;

    // Of scores closer than this none is above the other.
    private const double Tie = 1e-9;

    /// <summary>The factor c.</summary>
    /// <param name="input">Annotations and gold.</param>
    /// <param name="reliabilities">y of each annotation, in the order of the table.</param>
    /// <param name="blocks">Threads.</param>
    internal static double Factor(AggregationInput input, double[] reliabilities, Blocks blocks)
    {
        var decisions = Decisions(input, reliabilities, blocks);
        var table = input.Table;
        var logOthers = Math.Log(Math.Max(table.ClassCount - 1, 1));
        var factor = Math.Log(PseudoRight / PseudoWrong) + logOthers;
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var q = 1 / (1 + Math.Exp(logOthers - factor));
            var gradient = PseudoRight - ((PseudoRight + PseudoWrong) * q);
            var curvature = (PseudoRight + PseudoWrong) * q * (1 - q);
            var at = factor;
            gradient += Sum(table.Count, blocks, i => decisions[i] < 0 ? 0 : reliabilities[i] * (decisions[i] - Right(at, reliabilities[i], logOthers)));
            curvature += Sum(table.Count, blocks, i =>
            {
                var right = Right(at, reliabilities[i], logOthers);
                return decisions[i] < 0 ? 0 : reliabilities[i] * reliabilities[i] * right * (1 - right);
            });
            // Steps of at most 1 keep Newton's method from jumping over the maximum.
            factor = Math.Clamp(at + Math.Clamp(gradient / Math.Max(curvature, 1e-12), -1, 1), SmallestFactor, LargestFactor);
            if (Math.Abs(factor - at) < Tolerance)
            {
                break;
            }
        }

        return factor;
    }

    /// <summary>q where ln(q (K − 1)/(1 − q)) = c·y.</summary>
    internal static double Right(double factor, double reliability, double logOthers) =>
        1 / (1 + Math.Exp(logOthers - (factor * reliability)));

    // Of each annotation, the chance that its class is what the others of its item decide; −1 where there are no others.
    private static double[] Decisions(AggregationInput input, double[] reliabilities, Blocks blocks)
    {
        var table = input.Table;
        var decisions = new double[table.Count];
        blocks.Run(table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var labels = table.Classes;
            var votes = new double[table.ClassCount];
            for (var n = first; n < last; n++)
            {
                var (start, end) = table.RangeOfItem(n);
                Array.Clear(votes);
                for (var i = start; i < end; i++)
                {
                    votes[labels[i]] += reliabilities[i];
                }

                for (var i = start; i < end; i++)
                {
                    votes[labels[i]] -= reliabilities[i];
                    decisions[i] = input.IsGold(n, out var known) ? (labels[i] == known ? 1 : 0) : end - start == 1 ? -1 : Chance(votes, labels[i]);
                    votes[labels[i]] += reliabilities[i];
                }
            }
        });
        return decisions;
    }

    private static double Chance(double[] votes, int label)
    {
        var top = votes[ClassDistributions.Top(votes)] - Tie;
        var tops = 0;
        foreach (var vote in votes)
        {
            tops += vote >= top ? 1 : 0;
        }

        return votes[label] >= top ? 1.0 / tops : 0;
    }

    private static double Sum(int count, Blocks blocks, Func<int, double> term) => blocks.Sum(count, 16 * WeightedVotes.BlockSize, (first, last) =>
    {
        var sum = 0.0;
        for (var i = first; i < last; i++)
        {
            sum += term(i);
        }

        return sum;
    });
}
