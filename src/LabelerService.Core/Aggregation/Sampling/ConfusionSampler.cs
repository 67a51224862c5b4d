using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>
/// Gibbs sampler of confusions and classes: Bayesian classifier combination (Kim and Ghahramani, Bayesian classifier combination, AISTATS 2012, §2,
/// the independent model), which is Dawid and Skene's model with priors, here hierarchical: what a labeler with few annotations is taken to be is
/// learnt from all labelers.
/// <para>
/// Model. Class distribution π ~ Dirichlet(1, …, 1); class of item n: t_n ~ π, or ~ the model's distribution where one is given, or known. Labeler
/// r answers k where the class is k with probability a_rk, distributed by the labeler's kind (<see cref="SkillPopulation"/>), and its wrong answers
/// have distribution e_rk (<see cref="ErrorPopulation"/>): Θ_r(k|k) = a_rk, Θ_r(y|k) = (1 − a_rk) e_rk(y). Weights of kinds, the common labeler that
/// kinds are relative to, and its errors have priors, too, and are drawn: with the EM estimate in their place, 95 % intervals covered 92 %.
/// </para>
/// <para>
/// A draw: t given Θ and π, item by item; π given t; the common labeler, and kind, c, a and e of each labeler given t, kinds and the common labeler with a and e
/// integrated out; weights given kinds. Cost of a draw is linear in annotations × classes. Start: the likeliest classes of the EM solution.
/// </para>
/// <para>
/// Label switching. Swapping classes in all labelers alike leaves the likelihood as it is; the prior does not: the common labeler is right more often
/// than not, so the swapped solution has negligible weight once there are some labelers, and the chain starts at the other one and stays. Where most
/// annotations are wrong on purpose, all of this turns around, as it does for EM: known classes are the only remedy.
/// </para>
/// <para>
/// What intervals do not cover: labelers whose answers to one item depend on each other (copying, hard items) or change over time. Such data hold less
/// evidence than the model sees, and intervals are too narrow.
/// </para>
/// </summary>
public static class ConfusionSampler
{
    /// <summary>Above this R̂ (see <see cref="ProbabilityDraws.SplitRhat"/>) the halves of the chain tell different things.</summary>
    private const double WorstRhat = 1.2;

    /// <summary>Share of labelers above it that is worth a warning.</summary>
    private const double TolerableShare = 0.05;

    /// <summary>Draws from the posterior.</summary>
    /// <param name="input">
    /// Annotations, known classes and the model's distributions. A previous consensus of all items with confusions is taken as the EM solution, otherwise EM is run
    /// first.
    /// </param>
    /// <param name="options">Number of draws, seed and level; the defaults if null.</param>
    /// <param name="progress">Told after each draw how far it is, in [0, 1].</param>
    /// <param name="cancellationToken">Checked at least once a draw.</param>
    /// <exception cref="ArgumentException">The input does not fit together, or an option is out of range.</exception>
    public static ConfusionPosterior Run(
        AggregationInput input, ConfusionSamplerOptions? options = null, IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new ConfusionSamplerOptions();
        options.Check();
        input.Check();
        var (table, classes) = (input.Table, input.Table.ClassCount);
        var (draws, dropped) = options.Length(table.Count);
        var start = Start(input, options, cancellationToken);
        var common = start.Confusions!.Matrix(-1);
        var watched = Watched(input, options, start);
        var accuracies = new ProbabilityDraws(table.LabelerCount, draws, options.MaxKeptDraws);
        var isFull = classes > 1 && (long)table.LabelerCount * classes * classes <= options.MaxCells;
        LabelerSweep labelers = isFull
            ? new FullLabelerSweep(table, options, common, accuracies, cancellationToken)
            : new OneCoinLabelerSweep(table, options, common, start.ClassPrior, accuracies, cancellationToken);
        var items = new ItemSweep(input, options, start.Classes(), watched, cancellationToken);
        var shares = new double[classes * draws];
        Draw(items, labelers, options.Seed, dropped, shares, progress, cancellationToken);
        return new ConfusionPosterior(labelers, items, accuracies, ClassPrior(shares, classes, options.Level), watched)
        {
            Level = options.Level,
            LabelerCount = table.LabelerCount,
            Draws = draws,
            IsFull = isFull,
            Warnings = [.. Warnings(input, accuracies, isFull)],
        };
    }

    private static void Draw(
        ItemSweep items, LabelerSweep labelers, long seed, int dropped, double[] shares, IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        var counts = items.CountClasses();
        var classes = counts.Length;
        var sweeps = dropped + (shares.Length / classes);
        var prior = new double[classes];
        for (var sweep = 0; sweep < sweeps; sweep++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var kept = sweep - dropped;
            DrawClassPrior(new RandomStream(seed, (4L * sweep) + 3), counts, prior);
            labelers.Draw(items.Classes, prior, sweep, Math.Max(-1, kept));
            counts = items.Draw(labelers, prior, sweep, kept >= 0);
            if (kept >= 0)
            {
                prior.CopyTo(shares, kept * classes);
            }

            progress?.Report((sweep + 1.0) / sweeps);
        }
    }

    private static void DrawClassPrior(RandomStream random, ReadOnlySpan<long> counts, Span<double> prior)
    {
        for (var k = 0; k < prior.Length; k++)
        {
            prior[k] = random.NextLogGamma(1 + counts[k]);
        }

        ClassDistributions.SoftMax(prior);
    }

    private static Consensus Start(AggregationInput input, ConfusionSamplerOptions options, CancellationToken cancellationToken)
    {
        if (input.Previous is { Confusions: { } known } previous && previous.ItemCount == input.Table.ItemCount
            && known.LabelerCount == input.Table.LabelerCount)
        {
            return previous;
        }

        var id = input.ModelProbabilities.IsEmpty ? "hierarchical" : "model";
        var aggregator = AggregatorCatalogue.Find(id) ?? throw new InvalidOperationException($"There is no aggregator {id}.");
        return aggregator.Create().Aggregate(
            input with { Previous = null }, new AggregationControl { Threads = options.Threads, Cancel = cancellationToken });
    }

    private static int[] Watched(AggregationInput input, ConfusionSamplerOptions options, Consensus start)
    {
        if (options.ItemClasses.IsEmpty)
        {
            return start.Classes();
        }

        ClassDistributions.CheckLength(options.ItemClasses.Length, input.Table.ItemCount, 1, nameof(options));
        foreach (var watched in options.ItemClasses.Span)
        {
            if ((uint)watched >= (uint)input.Table.ClassCount)
            {
                throw new ArgumentException($"Class {watched} is outside [0, {input.Table.ClassCount}).", nameof(options));
            }
        }

        return options.ItemClasses.ToArray();
    }

    private static CredibleInterval[] ClassPrior(double[] shares, int classes, double level)
    {
        var result = new CredibleInterval[classes];
        var draws = shares.Length / classes;
        var all = new ProbabilityDraws(classes, draws, long.MaxValue);
        for (var draw = 0; draw < draws; draw++)
        {
            for (var k = 0; k < classes; k++)
            {
                all.Keep(k, draw, shares[(draw * classes) + k]);
            }
        }

        for (var k = 0; k < classes; k++)
        {
            result[k] = all.Interval(k, level);
        }

        return result;
    }

    private static IEnumerable<AggregationWarning> Warnings(AggregationInput input, ProbabilityDraws accuracies, bool isFull)
    {
        int unsettled = 0, active = 0;
        for (var r = 0; r < input.Table.LabelerCount; r++)
        {
            active += input.Table.CountOfLabeler(r) > 0 ? 1 : 0;
            unsettled += input.Table.CountOfLabeler(r) > 0 && accuracies.SplitRhat(r) > WorstRhat ? 1 : 0;
        }

        if (unsettled > TolerableShare * active)
        {
            yield return new(
                "INTERVALS_NOT_SETTLED", $"The intervals of {unsettled} of {active} labelers still moved between the halves of the draws: take more draws.");
        }

        if (!isFull && input.Table.ClassCount > 1)
        {
            yield return new(
                "ACCURACIES_ONLY", "Labelers × classes × classes are too many for a confusion each: intervals are those of one accuracy a labeler.");
        }
    }
}
