using LabelerService.Core.Annotations;

namespace LabelerService.TestKit.Crowds;

/// <summary>
/// Labelers of several kinds (<see cref="LabelerKind"/>) answering about items whose true class and features are known. Everything is
/// drawn from one seed. Cost follows the number of annotations. Immutable.
/// </summary>
public sealed class CrowdSimulation
{
    // Beyond this hardly anybody but the most active labeler would ever be drawn.
    private const double GreatestSkew = 4;

    private CrowdSimulation(IReadOnlyList<SimulatedLabeler> labelers, AnnotationTable annotations)
    {
        Labelers = labelers;
        Annotations = annotations;
    }

    /// <summary>The labelers, in the order of their index.</summary>
    public IReadOnlyList<SimulatedLabeler> Labelers { get; }

    /// <summary>What they answered, over all N items given.</summary>
    public AnnotationTable Annotations { get; }

    /// <summary>Simulates a crowd.</summary>
    /// <param name="truth">True class of each of the N items.</param>
    /// <param name="features">Their features, row-major [N, D].</param>
    /// <param name="classes">Number of classes K, at least 2.</param>
    /// <param name="options">Who labels, and how much.</param>
    /// <param name="items">The items that are labelled; null for all.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, fewer than two classes, nobody to label, or a skew outside [0, 4].</exception>
    public static CrowdSimulation Run(
        IReadOnlyList<int> truth, float[] features, int classes, CrowdSimulationOptions? options = null, IReadOnlyList<int>? items = null)
    {
        options ??= new CrowdSimulationOptions();
        items ??= [.. Enumerable.Range(0, truth.Count)];
        if (truth.Count == 0 || features.Length % truth.Count != 0 || classes < 2)
        {
            throw new ArgumentException($"{features.Length} feature values of {truth.Count} items and {classes} classes make no dataset.");
        }

        if (options.ActivitySkew is not (>= 0 and <= GreatestSkew))
        {
            throw new ArgumentException($"An activity skew of {options.ActivitySkew} is outside [0, {GreatestSkew}].");
        }

        var length = features.Length / truth.Count;
        var random = new Random(options.Seed);
        var labelers = DrawLabelers(options, classes, features, length, random);
        var cumulative = new double[labelers.Length];
        for (var r = 0; r < labelers.Length; r++)
        {
            cumulative[r] = labelers[r].Activity + (r == 0 ? 0 : cumulative[r - 1]);
        }

        var perItem = Math.Min(options.LabelsPerItem, labelers.Length);
        var (who, what, onWhat) = (new List<int>(), new List<int>(), new List<int>());
        var asked = new HashSet<int>();
        foreach (var item in items)
        {
            asked.Clear();
            while (asked.Count < perItem)
            {
                // Drawing again whoever was drawn already is drawing without replacement, in proportion to activity.
                asked.Add(Position(cumulative, random.NextDouble() * cumulative[^1]));
            }

            foreach (var labeler in asked.Order())
            {
                var chances = labelers[labeler].ConfusionAt(features.AsSpan(item * length, length))[truth[item]];
                onWhat.Add(item);
                who.Add(labeler);
                what.Add(Draw(chances, random));
            }
        }

        return new CrowdSimulation(labelers, new AnnotationTable(truth.Count, labelers.Length, classes, [.. onWhat], [.. who], [.. what]));
    }

    private static SimulatedLabeler[] DrawLabelers(CrowdSimulationOptions options, int classes, float[] features, int length, Random random)
    {
        LabelerKind[] kinds = [.. options.Labelers.SelectMany(group => Enumerable.Repeat(group.Kind, group.Count))];
        if (kinds.Length == 0)
        {
            throw new ArgumentException("A crowd needs a labeler.");
        }

        var ranks = Enumerable.Range(1, kinds.Length).ToArray();
        random.Shuffle(ranks);
        var total = ranks.Sum(rank => Math.Pow(rank, -options.ActivitySkew));
        var labelers = new SimulatedLabeler[kinds.Length];
        for (var r = 0; r < kinds.Length; r++)
        {
            var confusion = LabelerSkill.Draw(kinds[r], classes, random);
            float[]? direction = null;
            var threshold = 0.0;
            if (kinds[r] == LabelerKind.RegionDependent)
            {
                direction = [.. Enumerable.Range(0, length).Select(_ => (float)Gaussian.Next(random))];
                threshold = Median(direction, features, length);
            }

            labelers[r] = new SimulatedLabeler(
                $"labeler-{r:D4}", kinds[r], Math.Pow(ranks[r], -options.ActivitySkew) / total, confusion, LabelerSkill.Elsewhere(classes),
                direction, threshold);
        }

        return labelers;
    }

    // The labeler is at home with half of the items.
    private static double Median(float[] direction, float[] features, int length)
    {
        var projections = new double[features.Length / length];
        for (var n = 0; n < projections.Length; n++)
        {
            projections[n] = SimulatedLabeler.Project(direction, features.AsSpan(n * length, length));
        }

        Array.Sort(projections);
        return projections[projections.Length / 2];
    }

    private static int Position(double[] cumulative, double at)
    {
        var found = Array.BinarySearch(cumulative, at);
        return Math.Min(found < 0 ? ~found : found + 1, cumulative.Length - 1);
    }

    private static int Draw(double[] chances, Random random)
    {
        var left = random.NextDouble();
        for (var k = 0; k < chances.Length - 1; k++)
        {
            left -= chances[k];
            if (left < 0)
            {
                return k;
            }
        }

        return chances.Length - 1;
    }
}
