using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// The consensus of CROWDLAB (Goh, Tkachenko, Mueller 2022, section 3.2): p(k|n) ∝ w_M p_M(k|x_n) + Σ_{j∈S_n} w_j p_j(k), where p_j gives P
/// to the class that j named and shares the rest evenly. Over the items with at least two annotations, P is how often labelers agree with
/// the majority (ties decided by the classifier), s_j how often labeler j agrees with the item's other labelers, A_M how often the
/// classifier agrees with the majority and A_0 how often the commonest class does:
/// w_j = 1 − (1 − s_j)/(1 − A_0), w_M = (1 − (1 − A_M)/(1 − A_0)) · √(mean annotations of an item); neither falls below a small positive
/// number. A labeler who never met another has the mean s.
/// </summary>
/// <remarks>Where no item has two annotations nobody agrees with anybody: the classifier's top class then stands in for the majority.</remarks>
internal static class CrowdLabConsensus
{
    private const double SmallestWeight = 1e-4;

    /// <summary>Class distributions of the items, row-major [n, K].</summary>
    /// <param name="table">The annotations; every item has one.</param>
    /// <param name="predicted">The classifier's out-of-fold distributions [n, K], row-major.</param>
    public static double[] Combine(AnnotationTable table, double[] predicted)
    {
        var classes = table.ClassCount;
        var repeated = Enumerable.Range(0, table.ItemCount).Where(n => Count(table, n) > 1).ToArray();
        var lonely = repeated.Length == 0;
        int[] judged = lonely ? [.. Enumerable.Range(0, table.ItemCount)] : repeated;
        var votes = lonely ? predicted : MajorityVote.Posteriors(table);
        var majority = Majority(votes, predicted, classes);

        var (agreeing, commonest) = (0.0, new double[classes]);
        var byModel = 0;
        foreach (var n in judged)
        {
            var (start, end) = table.RangeOfItem(n);
            var same = 0;
            for (var a = start; a < end; a++)
            {
                same += table.Classes[a] == majority[n] ? 1 : 0;
            }

            agreeing += (double)same / (end - start);
            byModel += ClassDistributions.Top(predicted.AsSpan(n * classes, classes)) == majority[n] ? 1 : 0;
            commonest[majority[n]]++;
        }

        var likelihood = agreeing / judged.Length;
        // Against a single class all would agree by nature: then nobody is better than chance and all count alike.
        var chance = Math.Min(commonest.Max() / judged.Length, 1 - SmallestWeight);
        var accuracy = lonely ? likelihood : (double)byModel / judged.Length;
        var modelWeight = Weight(accuracy, chance) * Math.Sqrt((double)table.Count / table.ItemCount);
        var weights = Agreement(table, majority, lonely);
        for (var j = 0; j < weights.Length; j++)
        {
            weights[j] = Weight(weights[j], chance);
        }

        return Mix(table, predicted, weights, modelWeight, likelihood);
    }

    // Likeliest class by votes; ties go to the class that the classifier holds likelier.
    private static int[] Majority(double[] votes, double[] predicted, int classes)
    {
        var majority = new int[votes.Length / classes];
        for (var n = 0; n < majority.Length; n++)
        {
            var best = n * classes;
            for (var i = best + 1; i < (n + 1) * classes; i++)
            {
                best = votes[i] > votes[best] || (votes[i] == votes[best] && predicted[i] > predicted[best]) ? i : best;
            }

            majority[n] = best - (n * classes);
        }

        return majority;
    }

    // s_j of each labeler: pairs with the item's other labelers, or, where there are none, with the stand-in majority.
    private static double[] Agreement(AnnotationTable table, int[] majority, bool lonely)
    {
        var same = new double[table.LabelerCount];
        var pairs = new double[table.LabelerCount];
        var counts = new int[table.ClassCount];
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            foreach (var label in table.Classes[start..end])
            {
                counts[label]++;
            }

            for (var a = start; a < end; a++)
            {
                same[table.Labelers[a]] += lonely ? (table.Classes[a] == majority[n] ? 1 : 0) : counts[table.Classes[a]] - 1;
                pairs[table.Labelers[a]] += lonely ? 1 : end - start - 1;
            }

            foreach (var label in table.Classes[start..end])
            {
                counts[label] = 0;
            }
        }

        var mean = same.Sum() / pairs.Sum();
        for (var j = 0; j < same.Length; j++)
        {
            same[j] = pairs[j] > 0 ? same[j] / pairs[j] : mean;
        }

        return same;
    }

    private static double[] Mix(AnnotationTable table, double[] predicted, double[] weights, double modelWeight, double likelihood)
    {
        var classes = table.ClassCount;
        var result = new double[predicted.Length];
        for (var n = 0; n < table.ItemCount; n++)
        {
            var row = result.AsSpan(n * classes, classes);
            var total = modelWeight;
            for (var k = 0; k < classes; k++)
            {
                row[k] = modelWeight * predicted[(n * classes) + k];
            }

            var (start, end) = table.RangeOfItem(n);
            for (var a = start; a < end; a++)
            {
                var weight = weights[table.Labelers[a]];
                total += weight;
                for (var k = 0; k < classes; k++)
                {
                    row[k] += weight * (k == table.Classes[a] ? likelihood : (1 - likelihood) / Math.Max(classes - 1, 1));
                }
            }

            foreach (ref var value in row)
            {
                value /= total;
            }
        }

        return result;
    }

    private static double Weight(double agreement, double chance) => Math.Max(1 - ((1 - agreement) / (1 - chance)), SmallestWeight);

    private static int Count(AnnotationTable table, int item)
    {
        var (start, end) = table.RangeOfItem(item);
        return end - start;
    }
}
