using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Acquisition;

/// <summary>Labelers who know the same, more or less.</summary>
/// <param name="Gain">How the one in the middle of them answers.</param>
/// <param name="LowestCost">What the cheapest of them costs.</param>
/// <param name="Members">Indexes into the list of available labelers, those worth most for their cost first.</param>
internal sealed record LabelerProfile(InformationGain Gain, double LowestCost, int[] Members);

/// <summary>
/// Groups labelers, so that an item need not be tried with each of them: items × profiles instead of items × labelers. Few labelers are each
/// a profile of their own; more are grouped by k-means on their chances of being right, class by class, Θ_r(k|k), started from the
/// labelers farthest from each other. Linear in labelers × profiles × classes.
/// </summary>
internal static class LabelerProfiles
{
    private const int Iterations = 8;

    // The classes that tell labelers apart; more hardly add to it.
    private const int MostClasses = 24;

    public static LabelerProfile[] Of(
        LabelerConfusions confusions, ReadOnlySpan<double> classPrior, IReadOnlyList<AvailableLabeler> labelers, int most, CancellationToken cancel)
    {
        var classes = confusions.ClassCount;
        var prior = classPrior.ToArray();
        int[] common = [.. Enumerable.Range(0, classes).OrderByDescending(k => prior[k]).ThenBy(k => k).Take(MostClasses)];
        var worth = new double[labelers.Count];
        var skills = new double[labelers.Count * common.Length];
        var answers = new double[classes];
        for (var i = 0; i < labelers.Count; i++)
        {
            // Without matrices of their own labelers differ in one number, which tells who is worth more without K² steps for each.
            worth[i] = confusions.IsFull
                ? new InformationGain(confusions.Matrix(labelers[i].Labeler), classes).Of(prior, answers) / labelers[i].Cost
                : confusions.Accuracy(labelers[i].Labeler, prior) / labelers[i].Cost;
            for (var c = 0; c < common.Length; c++)
            {
                skills[(i * common.Length) + c] = confusions.Probability(labelers[i].Labeler, common[c], common[c]);
            }
        }

        var group = labelers.Count <= most ? [.. Enumerable.Range(0, labelers.Count)] : Cluster(skills, common.Length, most, cancel);
        return
        [
            .. Enumerable.Range(0, labelers.Count).GroupBy(i => group[i]).OrderBy(members => members.Key)
                .Select(members => Profile(confusions, labelers, [.. members.OrderByDescending(i => worth[i]).ThenBy(i => i)])),
        ];
    }

    private static LabelerProfile Profile(LabelerConfusions confusions, IReadOnlyList<AvailableLabeler> labelers, int[] members) => new(
        new InformationGain(confusions.Matrix(labelers[members[members.Length / 2]].Labeler), confusions.ClassCount),
        members.Min(member => labelers[member].Cost), members);

    private static int[] Cluster(double[] points, int length, int count, CancellationToken cancel)
    {
        var rows = points.Length / length;
        var centres = Farthest(points, length, count);
        var group = new int[rows];
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            cancel.ThrowIfCancellationRequested();
            var sums = new double[centres.Length];
            var sizes = new int[count];
            for (var i = 0; i < rows; i++)
            {
                var point = points.AsSpan(i * length, length);
                var best = double.PositiveInfinity;
                for (var c = 0; c < count; c++)
                {
                    var distance = Distance(point, centres.AsSpan(c * length, length));
                    if (distance < best)
                    {
                        (best, group[i]) = (distance, c);
                    }
                }

                sizes[group[i]]++;
                for (var d = 0; d < length; d++)
                {
                    sums[(group[i] * length) + d] += point[d];
                }
            }

            for (var c = 0; c < centres.Length; c++)
            {
                centres[c] = sizes[c / length] == 0 ? centres[c] : sums[c] / sizes[c / length];
            }
        }

        return group;
    }

    // The first labeler, then always the one farthest from those chosen.
    private static double[] Farthest(double[] points, int length, int count)
    {
        var centres = new double[count * length];
        var distances = new double[points.Length / length];
        Array.Fill(distances, double.PositiveInfinity);
        var next = 0;
        for (var c = 0; c < count; c++)
        {
            var centre = centres.AsSpan(c * length, length);
            points.AsSpan(next * length, length).CopyTo(centre);
            for (var i = 0; i < distances.Length; i++)
            {
                distances[i] = Math.Min(distances[i], Distance(points.AsSpan(i * length, length), centre));
            }

            next = ClassDistributions.Top(distances);
        }

        return centres;
    }

    private static double Distance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var d = 0; d < a.Length; d++)
        {
            sum += (a[d] - b[d]) * (a[d] - b[d]);
        }

        return sum;
    }
}
