using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Sampling;
using LabelerService.Core.Annotations;
using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Tests.Aggregation.Sampling;

/// <summary>Crowds of known labelers and items, and how often intervals hold what is known.</summary>
internal sealed class CoverageStudy
{
    /// <summary>How a labeler of a kind answers: row-major [k, y].</summary>
    public static readonly Dictionary<string, Func<int, Random, double[]>> Kinds = new()
    {
        ["expert"] = (classes, _) => Even(classes, _ => 0.95),
        ["average"] = (classes, _) => Even(classes, _ => 0.75),
        ["various"] = Various,
        ["one-coin"] = (classes, random) => OneSkill(classes, 0.4 + (0.55 * random.NextDouble())),
        ["specialist"] = (classes, random) => Even(classes, _ => random.NextDouble() < 0.4 ? 0.95 : Math.Max(0.4, 1.0 / classes)),
        ["spammer"] = (classes, _) => Even(classes, _ => 1.0 / classes),
        ["constant"] = (classes, random) => Constant(classes, random.Next(classes)),
        ["adversary"] = (classes, _) => Even(classes, _ => 0.1),
    };

    /// <summary>Labelers by kind: how many, and of how many the interval of the accuracy holds the accuracy.</summary>
    public SortedDictionary<string, (int Count, int Covered, double Width)> Labelers { get; } = new(StringComparer.Ordinal);

    /// <summary>The same of cells of confusions, of class shares.</summary>
    public (int Count, int Covered) Cells { get; private set; }

    public (int Count, int Covered) Shares { get; private set; }

    /// <summary>Items, those whose watched class is right, and the sum of their probabilities.</summary>
    public (int Count, int Right, double Probability) Items { get; private set; }

    /// <summary>Of these, items by probability: below 0.6, 0.8, 0.95, 0.99 and above.</summary>
    public (int Count, int Right, double Probability)[] Bins { get; } = new (int, int, double)[5];

    public int Warnings { get; private set; }

    public (int Count, int Covered) All => (Labelers.Values.Sum(kind => kind.Count), Labelers.Values.Sum(kind => kind.Covered));

    public double Held => (double)All.Covered / All.Count;

    public double CellsHeld => (double)Cells.Covered / Cells.Count;

    public double ItemsRight => (double)Items.Right / Items.Count;

    public double ItemsSaid => Items.Probability / Items.Count;

    /// <summary>Adds one crowd.</summary>
    /// <param name="seed">Seed of everything.</param>
    /// <param name="kinds">Kind of each labeler.</param>
    /// <param name="items">Number of items.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="labelsPerItem">Annotations an item.</param>
    /// <param name="options">The sampler's.</param>
    /// <param name="difficult">Share of items about which everybody guesses: what the model does not know of.</param>
    /// <param name="known">Share of items whose class is known.</param>
    public void Add(
        int seed, string[] kinds, int items, int classes, int labelsPerItem, ConfusionSamplerOptions options, double difficult = 0, double known = 0)
    {
        var random = new Random(seed);
        var shares = Simplex(random, classes, 4);
        var matrices = kinds.Select(kind => Kinds[kind](classes, random)).ToArray();
        Add(seed, random, kinds, shares, matrices, items, labelsPerItem, options, difficult, known);
    }

    /// <summary>Adds a crowd drawn from the prior of the sampler's own model, hyperparameters included: intervals must hold exactly as often as they say.</summary>
    public void AddFromPrior(int seed, int labelers, int items, int classes, int labelsPerItem, ConfusionSamplerOptions options, double known)
    {
        var draws = new RandomStream(seed, 99);
        var skills = new SkillPopulation(Enumerable.Repeat(0.7, classes).ToArray());
        var levels = Enumerable.Range(0, classes).Select(_ => Pick(draws, SkillPopulation.LevelPrior.Select(level => level.LogWeight)))
            .Select(level => SkillPopulation.LevelPrior[level].Level).ToArray();
        var skillLogs = skills.Prior.ToArray().Select(draws.NextLogGamma).ToArray();
        var errorLogs = Enumerable.Range(0, ErrorPopulation.Kinds).Select(_ => draws.NextLogGamma(ErrorPopulation.Prior)).ToArray();
        var common = Enumerable.Range(0, classes).Select(k => Simplex(draws, classes, y => y == k ? 0 : ErrorPopulation.CommonPrior)).ToArray();
        var matrices = Enumerable.Range(0, labelers).Select(_ =>
        {
            var (kind, c) = (Pick(draws, skillLogs), ErrorPopulation.Concentration(Pick(draws, errorLogs)));
            var matrix = new double[classes * classes];
            for (var k = 0; k < classes; k++)
            {
                var (s, m) = (SkillPopulation.Concentration(kind), 1 / (1 + Math.Exp(-levels[k] - SkillPopulation.Shift(kind))));
                var right = Math.Exp(draws.NextLogBeta(s * m, s * (1 - m)).Log);
                var errors = Simplex(draws, classes, y => y == k ? 0 : c * Math.Max(1e-6, common[k][y]));
                for (var y = 0; y < classes; y++)
                {
                    matrix[(k * classes) + y] = y == k ? right : (1 - right) * errors[y];
                }
            }

            return matrix;
        }).ToArray();
        var shares = Simplex(draws, classes, _ => 1);
        Add(seed, new Random(seed), [.. Enumerable.Repeat("prior", labelers)], shares, matrices, items, labelsPerItem, options, difficult: 0, known);

        static int Pick(RandomStream random, IEnumerable<double> logs)
        {
            var weights = logs.ToArray();
            ClassDistributions.SoftMax(weights);
            return random.Choose(weights, 1);
        }
    }

    private void Add(
        int seed, Random random, string[] kinds, double[] shares, double[][] matrices, int items, int labelsPerItem, ConfusionSamplerOptions options,
        double difficult, double known)
    {
        var classes = shares.Length;
        var (truth, gold) = (new int[items], new int[items]);
        var order = Enumerable.Range(0, kinds.Length).ToArray();
        List<int> which = [], who = [], what = [];
        for (var n = 0; n < items; n++)
        {
            truth[n] = Draw(random, shares);
            gold[n] = random.NextDouble() < known ? truth[n] : -1;
            var guess = random.NextDouble() < difficult;
            random.Shuffle(order);
            foreach (var r in order.AsSpan(0, labelsPerItem))
            {
                which.Add(n);
                who.Add(r);
                what.Add(guess ? random.Next(classes) : Draw(random, matrices[r].AsSpan(truth[n] * classes, classes)));
            }
        }

        var table = new AnnotationTable(items, kinds.Length, classes, [.. which], [.. who], [.. what]);
        var posterior = ConfusionSampler.Run(new AggregationInput(table) { Gold = gold }, options with { Seed = seed });
        Compare(posterior, kinds, matrices, shares, truth, gold, difficult);
    }

    public override string ToString()
    {
        var lines = new List<string> { $"all {Of(All)}; cells {Of(Cells)}; shares {Of(Shares)}; warnings {Warnings}" };
        lines.AddRange(Labelers.Select(kind => $"  {kind.Key} {Of((kind.Value.Count, kind.Value.Covered))}, width {kind.Value.Width / kind.Value.Count:F3}"));
        lines.Add($"  items: right {(double)Items.Right / Items.Count:F4}, said {Items.Probability / Items.Count:F4}");
        lines.AddRange(Bins.Select(bin => $"    {bin.Count}: right {(double)bin.Right / bin.Count:F4}, said {bin.Probability / bin.Count:F4}"));
        return string.Join('\n', lines);

        static string Of((int Count, int Covered) x) => $"{(double)x.Covered / x.Count:P1} of {x.Count}";
    }

    private void Compare(
        ConfusionPosterior posterior, string[] kinds, double[][] matrices, double[] shares, int[] truth, int[] gold, double difficult)
    {
        var classes = shares.Length;
        Warnings += posterior.Warnings.Count;
        for (var r = 0; r < kinds.Length; r++)
        {
            // What a labeler's answers are like over easy and difficult items together.
            var own = matrices[r].Select(p => ((1 - difficult) * p) + (difficult / classes)).ToArray();
            var accuracy = Enumerable.Range(0, classes).Sum(k => shares[k] * own[(k * classes) + k]);
            var interval = posterior.LabelerAccuracy(r);
            var before = Labelers.GetValueOrDefault(kinds[r]);
            Labelers[kinds[r]] = (before.Count + 1, before.Covered + (Holds(interval, accuracy) ? 1 : 0), before.Width + interval.High - interval.Low);
            var cells = posterior.Confusion(r);
            Cells = (Cells.Count + cells.Length, Cells.Covered + cells.Select((cell, i) => Holds(cell, own[i]) ? 1 : 0).Sum());
        }

        for (var k = 0; k < classes; k++)
        {
            Shares = (Shares.Count + 1, Shares.Covered + (Holds(posterior.ClassPrior(k), shares[k]) ? 1 : 0));
        }

        for (var n = 0; n < truth.Length; n++)
        {
            if (gold[n] < 0)
            {
                Add(posterior.ItemTopClass(n).Mean, posterior.ItemClasses[n] == truth[n]);
            }
        }
    }

    private void Add(double probability, bool right)
    {
        Items = (Items.Count + 1, Items.Right + (right ? 1 : 0), Items.Probability + probability);
        ref var bin = ref Bins[probability < 0.6 ? 0 : probability < 0.8 ? 1 : probability < 0.95 ? 2 : probability < 0.99 ? 3 : 4];
        bin = (bin.Count + 1, bin.Right + (right ? 1 : 0), bin.Probability + probability);
    }

    private static bool Holds(CredibleInterval interval, double value) =>
        interval.Low - 1e-9 <= value && value <= interval.High + 1e-9;

    private static double[] OneSkill(int classes, double skill) => Even(classes, _ => skill);

    private static double[] Various(int classes, Random random)
    {
        var skill = 0.45 + (0.5 * random.NextDouble());
        var rows = new double[classes * classes];
        for (var k = 0; k < classes; k++)
        {
            var right = Math.Clamp(skill + (0.2 * (random.NextDouble() - 0.5)), 0.02, 0.98);
            var errors = Simplex(random, classes, 2);
            for (var y = 0; y < classes; y++)
            {
                rows[(k * classes) + y] = y == k ? right : (1 - right) * errors[y] / (1 - errors[k]);
            }
        }

        return rows;
    }

    private static double[] Even(int classes, Func<int, double> right)
    {
        var rows = new double[classes * classes];
        for (var k = 0; k < classes; k++)
        {
            var a = right(k);
            for (var y = 0; y < classes; y++)
            {
                rows[(k * classes) + y] = y == k ? a : (1 - a) / (classes - 1);
            }
        }

        return rows;
    }

    private static double[] Constant(int classes, int answer) =>
        [.. Enumerable.Range(0, classes * classes).Select(cell => cell % classes == answer ? 0.97 : 0.03 / (classes - 1))];

    // Dirichlet; a shape of 0 stays 0.
    private static double[] Simplex(RandomStream random, int classes, Func<int, double> shape)
    {
        double[] logs = [.. Enumerable.Range(0, classes)
            .Select(y => shape(y) > 0 ? random.NextLogGamma(shape(y)) : double.NegativeInfinity)];
        ClassDistributions.SoftMax(logs);
        return logs;
    }

    // Sums of exponentials: Dirichlet of a whole number.
    private static double[] Simplex(Random random, int classes, int shape)
    {
        var values = Enumerable.Range(0, classes)
            .Select(_ => -Enumerable.Range(0, shape).Sum(_ => Math.Log(1 - random.NextDouble()))).ToArray();
        return [.. values.Select(value => value / values.Sum())];
    }

    private static int Draw(Random random, ReadOnlySpan<double> shares)
    {
        var left = random.NextDouble();
        for (var k = 0; k < shares.Length - 1; k++)
        {
            left -= shares[k];
            if (left < 0)
            {
                return k;
            }
        }

        return shares.Length - 1;
    }
}
