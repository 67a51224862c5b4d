using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation.CrowdLab;

/// <summary>What CROWDLAB found: the consensus, and how much everybody counts in it.</summary>
/// <param name="Posteriors">Class distributions of the items, row-major [N, K].</param>
/// <param name="LabelerWeights">w_j of each labeler [R], positive.</param>
/// <param name="ModelWeight">w_M of the classifier; 0 without one.</param>
/// <param name="Likelihood">P, the probability that a labeler is right.</param>
public sealed record CrowdLabFit(double[] Posteriors, double[] LabelerWeights, double ModelWeight, double Likelihood);

/// <summary>
/// The consensus of CROWDLAB (Goh, Tkachenko, Mueller 2022, section 3.2): p(k|n) ∝ w_M p_M(k|x_n) + Σ_{j∈S_n} w_j p_j(k), where p_j gives P
/// to the class that j named and shares the rest evenly. Over the items with at least two annotations, P is how often labelers agree with
/// the majority (ties decided by the classifier), s_j how often labeler j agrees with the item's other labelers, A_M how often the
/// classifier agrees with the majority and A_0 how often the commonest class does:
/// w_j = 1 − (1 − s_j)/(1 − A_0), w_M = (1 − (1 − A_M)/(1 − A_0)) · √(mean annotations of an item); neither falls below a small positive
/// number. A labeler who never met another has the mean s.
/// </summary>
/// <remarks>
/// Where no item has two annotations nobody agrees with anybody: the classifier's top class then stands in for the majority. A row of zeros is
/// an item of which the classifier says nothing: it has no weight there. Items without annotations are as the classifier says, or else as
/// classes are distributed. Where there is neither a classifier nor an item with two annotations, all votes count alike.
/// </remarks>
public static class CrowdLabConsensus
{
    private const double SmallestWeight = 1e-4;

    /// <summary>Class distributions of the items, row-major [N, K].</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="predicted">The classifier's out-of-fold distributions [N, K], row-major; rows of zeros where there are none.</param>
    /// <exception cref="ArgumentException">The predictions are not of length N·K.</exception>
    public static double[] Combine(AnnotationTable table, double[] predicted) => Fit(table, predicted).Posteriors;

    /// <summary>The consensus with the weights it rests on.</summary>
    /// <inheritdoc cref="Combine"/>
    public static CrowdLabFit Fit(AnnotationTable table, double[] predicted)
    {
        var classes = table.ClassCount;
        ClassDistributions.CheckLength(predicted.Length, table.ItemCount, classes, nameof(predicted));
        var said = Said(predicted, classes);
        var lonely = !Any(table, said, repeated: true);
        if (lonely && !Any(table, said, repeated: false))
        {
            return Mix(table, predicted, said, Filled(table.LabelerCount, 1), modelWeight: 0, likelihood: 1);
        }

        var majority = Majority(lonely ? predicted : MajorityVote.Posteriors(table), predicted, classes);
        var (likelihood, accuracy, chance) = Agreement(table, predicted, said, majority, lonely);
        var annotated = 0;
        for (var n = 0; n < table.ItemCount; n++)
        {
            annotated += Count(table, n) > 0 ? 1 : 0;
        }

        var modelWeight = said.Contains(true) ? Weight(accuracy, chance) * Math.Sqrt((double)table.Count / annotated) : 0;
        var weights = Agreements(table, said, majority, lonely);
        for (var j = 0; j < weights.Length; j++)
        {
            weights[j] = Weight(weights[j], chance);
        }

        return Mix(table, predicted, said, weights, modelWeight, likelihood);
    }

    // Whether an item is judged: by its annotations, or, where nobody met another, by the classifier.
    private static bool IsJudged(AnnotationTable table, bool[] said, int item, bool repeated) =>
        repeated ? Count(table, item) > 1 : said[item] && Count(table, item) > 0;

    private static bool Any(AnnotationTable table, bool[] said, bool repeated)
    {
        for (var n = 0; n < table.ItemCount; n++)
        {
            if (IsJudged(table, said, n, repeated))
            {
                return true;
            }
        }

        return false;
    }

    // The items of which the classifier says something.
    private static bool[] Said(double[] predicted, int classes)
    {
        var said = new bool[predicted.Length / classes];
        for (var n = 0; n < said.Length; n++)
        {
            said[n] = predicted.AsSpan(n * classes, classes).ContainsAnyExcept(0);
        }

        return said;
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

    // P, A_M (P where nobody met another, or where the classifier says nothing of the judged) and A_0.
    private static (double Likelihood, double Accuracy, double Chance) Agreement(
        AnnotationTable table, double[] predicted, bool[] said, int[] majority, bool lonely)
    {
        var classes = table.ClassCount;
        var commonest = new double[classes];
        var agreeing = 0.0;
        var (judged, predictions, byModel) = (0, 0, 0);
        for (var n = 0; n < table.ItemCount; n++)
        {
            if (!IsJudged(table, said, n, repeated: !lonely))
            {
                continue;
            }

            var (start, end) = table.RangeOfItem(n);
            var same = 0;
            for (var a = start; a < end; a++)
            {
                same += table.Classes[a] == majority[n] ? 1 : 0;
            }

            judged++;
            agreeing += (double)same / (end - start);
            predictions += said[n] ? 1 : 0;
            byModel += said[n] && ClassDistributions.Top(predicted.AsSpan(n * classes, classes)) == majority[n] ? 1 : 0;
            commonest[majority[n]]++;
        }

        var likelihood = agreeing / judged;
        // Against a single class all would agree by nature: then nobody is better than chance and all count alike.
        var chance = Math.Min(commonest.AsSpan()[ClassDistributions.Top(commonest)] / judged, 1 - SmallestWeight);
        return (likelihood, lonely || predictions == 0 ? likelihood : (double)byModel / predictions, chance);
    }

    // s_j of each labeler: pairs with the item's other labelers, or, where there are none, with the stand-in majority.
    private static double[] Agreements(AnnotationTable table, bool[] said, int[] majority, bool lonely)
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

            for (var a = start; a < end && (!lonely || said[n]); a++)
            {
                same[table.Labelers[a]] += lonely ? (table.Classes[a] == majority[n] ? 1 : 0) : counts[table.Classes[a]] - 1;
                pairs[table.Labelers[a]] += lonely ? 1 : end - start - 1;
            }

            foreach (var label in table.Classes[start..end])
            {
                counts[label] = 0;
            }
        }

        double allSame = 0, allPairs = 0;
        for (var j = 0; j < same.Length; j++)
        {
            allSame += same[j];
            allPairs += pairs[j];
        }

        for (var j = 0; j < same.Length; j++)
        {
            same[j] = pairs[j] > 0 ? same[j] / pairs[j] : allSame / allPairs;
        }

        return same;
    }

    private static CrowdLabFit Mix(
        AnnotationTable table, double[] predicted, bool[] said, double[] weights, double modelWeight, double likelihood)
    {
        var classes = table.ClassCount;
        var result = new double[predicted.Length];
        for (var n = 0; n < table.ItemCount; n++)
        {
            var row = result.AsSpan(n * classes, classes);
            // Without annotations the classifier alone decides, whatever its weight.
            var own = !said[n] ? 0 : Count(table, n) == 0 ? 1 : modelWeight;
            var total = own;
            for (var k = 0; k < classes; k++)
            {
                row[k] = own * predicted[(n * classes) + k];
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

            for (var k = 0; k < classes && total > 0; k++)
            {
                row[k] /= total;
            }
        }

        FillUnknown(table, said, result);
        return new CrowdLabFit(result, weights, modelWeight, likelihood);
    }

    // Items with neither annotations nor a prediction: as the others are on average.
    private static void FillUnknown(AnnotationTable table, bool[] said, double[] posteriors)
    {
        var classes = table.ClassCount;
        var prior = new double[classes];
        var known = 0;
        for (var n = 0; n < table.ItemCount; n++)
        {
            if (said[n] || Count(table, n) > 0)
            {
                known++;
                for (var k = 0; k < classes; k++)
                {
                    prior[k] += posteriors[(n * classes) + k];
                }
            }
        }

        for (var n = 0; n < table.ItemCount && known < table.ItemCount; n++)
        {
            for (var k = 0; k < classes && !said[n] && Count(table, n) == 0; k++)
            {
                posteriors[(n * classes) + k] = known == 0 ? 1.0 / classes : prior[k] / known;
            }
        }
    }

    private static double[] Filled(int count, double value)
    {
        var values = new double[count];
        values.AsSpan().Fill(value);
        return values;
    }

    private static double Weight(double agreement, double chance) => Math.Max(1 - ((1 - agreement) / (1 - chance)), SmallestWeight);

    private static int Count(AnnotationTable table, int item)
    {
        var (start, end) = table.RangeOfItem(item);
        return end - start;
    }
}
