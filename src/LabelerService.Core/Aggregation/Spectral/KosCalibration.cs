using LabelerService.Core.Aggregation.Votes;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Spectral;

/// <summary>
/// Skills and probabilities from KOS, which itself only decides. A reliability y estimates, up to a factor a, how far a labeler is above chance: s = a·y
/// where the labeler is right with probability p = (1 + (K − 1) s)/K (for two classes, s is the paper's 2p − 1). Two labelers i, j of an item
/// have corners with mean product (1 − 1/K) s_i s_j, so a² is the least-squares factor of these products on (1 − 1/K) y_i y_j over all pairs;
/// a pair of reliability 1 with s_i s_j = 1/4 is added, for crowds that share nothing.
/// </summary>
/// <remarks>
/// Decisions are those of V(k) = Σ y over the annotations that name k. So probabilities are softmax_k(c V(k)), with one factor c &gt; 0: the
/// least-squares factor of the log odds ln(p (K − 1)/(1 − p)) of labelers on their reliabilities, with p moved towards chance by two annotations.
/// </remarks>
internal static class KosCalibration
{
    private const double PseudoProduct = 0.25;
    private const double PseudoAnnotations = 2;
    private const double SmallestFactor = 1e-3;

    /// <summary>Probability that each labeler is right [R].</summary>
    /// <param name="input">The annotations.</param>
    /// <param name="reliabilities">y of each annotation, in the order of the table.</param>
    /// <param name="blocks">Threads.</param>
    internal static double[] Skills(AggregationInput input, double[] reliabilities, Blocks blocks)
    {
        var table = input.Table;
        var classes = table.ClassCount;
        var means = Means(input, reliabilities);
        if (classes == 1)
        {
            means.AsSpan().Fill(1);
            return means;
        }

        var factor = Factor(input, reliabilities, blocks);
        for (var r = 0; r < means.Length; r++)
        {
            means[r] = Math.Clamp((1 + ((classes - 1) * factor * means[r])) / classes, 0, 1);
        }

        return means;
    }

    /// <summary>The factor c.</summary>
    /// <param name="input">The annotations.</param>
    /// <param name="reliabilities">y of each annotation, in the order of the table.</param>
    /// <param name="skills">p of the labelers [R].</param>
    internal static double LogOdds(AggregationInput input, double[] reliabilities, double[] skills)
    {
        var table = input.Table;
        var others = Math.Max(table.ClassCount - 1, 1);
        var means = Means(input, reliabilities);
        double product = 0, square = 0;
        for (var r = 0; r < means.Length; r++)
        {
            var count = table.CountOfLabeler(r);
            var p = ((skills[r] * count) + (PseudoAnnotations / (others + 1))) / (count + PseudoAnnotations);
            product += count * means[r] * Math.Log(p * others / (1 - p));
            square += count * means[r] * means[r];
        }

        return square > 0 ? Math.Max(SmallestFactor, product / square) : SmallestFactor;
    }

    // a, from sums over pairs of an item that are differences of squares: linear in annotations.
    private static double Factor(AggregationInput input, double[] reliabilities, Blocks blocks)
    {
        var table = input.Table;
        var classes = table.ClassCount;
        var corner = 1 - (1.0 / classes);
        var products = blocks.Sum(table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var labels = table.Classes;
            var votes = new double[classes];
            var sum = 0.0;
            for (var n = first; n < last; n++)
            {
                var (start, end) = table.RangeOfItem(n);
                Array.Clear(votes);
                double total = 0, own = 0;
                for (var i = start; i < end; i++)
                {
                    votes[labels[i]] += reliabilities[i];
                    total += reliabilities[i];
                    own += reliabilities[i] * reliabilities[i];
                }

                sum -= (total * total / classes) + (corner * own);
                foreach (var vote in votes)
                {
                    sum += vote * vote;
                }
            }

            return sum;
        });
        var squares = blocks.Sum(table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var sum = 0.0;
            for (var n = first; n < last; n++)
            {
                var (start, end) = table.RangeOfItem(n);
                double second = 0, fourth = 0;
                for (var i = start; i < end; i++)
                {
                    var square = reliabilities[i] * reliabilities[i];
                    second += square;
                    fourth += square * square;
                }

                sum += Math.Max(0, (second * second) - fourth);
            }

            return sum;
        });
        return Math.Sqrt(Math.Max(0, ((products / corner) + PseudoProduct) / (squares + 1)));
    }

    private static double[] Means(AggregationInput input, double[] reliabilities)
    {
        var table = input.Table;
        var means = new double[table.LabelerCount];
        for (var r = 0; r < means.Length; r++)
        {
            foreach (var i in table.PositionsOfLabeler(r))
            {
                means[r] += reliabilities[i];
            }

            means[r] /= Math.Max(1, table.CountOfLabeler(r));
        }

        return means;
    }
}
