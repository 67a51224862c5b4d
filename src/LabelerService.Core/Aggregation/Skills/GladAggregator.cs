using LabelerService.Core.Aggregation.Votes;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Skills;

/// <summary>Settings of <see cref="GladAggregator"/>.</summary>
internal sealed record GladOptions
{
    /// <summary>Most EM iterations.</summary>
    internal int MaxIterations { get; init; } = 100;

    /// <summary>Ends when the objective grows by less than this an annotation, in nats.</summary>
    internal double Tolerance { get; init; } = 1e-6;

    /// <summary>Rounds over all abilities and all difficulties in one M-step, at most.</summary>
    internal int MaxSweeps { get; init; } = 2;

    /// <summary>An M-step ends when no ability and no log difficulty moves by more than this.</summary>
    internal double SweepTolerance { get; init; } = 1e-2;
}

/// <summary>
/// GLAD (Whitehill, Ruvolo, Wu, Bergsma and Movellan 2009, NIPS 22): labeler r of ability α_r is right on item n of inverse difficulty β_n
/// with probability σ(α_r β_n), and else names one of the K − 1 other classes at random (section 2, and its multi-class form). EM:
/// posteriors given abilities and difficulties, then the parameters climb the expected log posterior under N(1, 1) priors of α and ln β
/// (section 3). The M-step is a Newton ascent on each ability and on each log difficulty in turn: given one kind the others do not meet, so steps
/// run on all threads, and a step that would lower the objective is halved. So the log posterior of the annotations never falls.
/// </summary>
/// <remarks>
/// Skills are σ(α_r e^b̄), the probability of being right on an item of mean log difficulty; difficulties are 1/(1 + β_n). Known items
/// keep their class in the E-step.
/// </remarks>
internal sealed class GladAggregator(GladOptions options) : IAggregator
{
    private const int Halvings = 12;
    private const double LargestStep = 2;

    public static AggregatorDescriptor Descriptor { get; } = new(
        "glad", "GLAD", "An ability for each labeler and a difficulty for each item: for items that differ much in how hard they are.",
        "Whitehill, Ruvolo, Wu, Bergsma and Movellan, Whose vote should count more, NIPS 2009.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false, () => new GladAggregator(new GladOptions()));

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        var table = input.Table;
        var most = control.MaxIterations ?? options.MaxIterations;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        var blocks = AggregationBlocks.For(table, control);
        var model = new GladModel(table, new LabelerOrder(table));
        var (iterations, converged, objective) = (0, false, Expect(input, model, blocks));
        while (!converged && iterations < most)
        {
            iterations++;
            Maximise(input, model, blocks);
            var next = Expect(input, model, blocks);
            var change = (next - objective) / Math.Max(table.Count, 1);
            (objective, converged) = (next, change < options.Tolerance);
            control.Progress?.Report(new AggregationProgress(iterations, most, change));
        }

        var prior = UnseenItems.Fill(input, model.Posteriors);
        return new Consensus
        {
            ClassCount = table.ClassCount,
            Posteriors = model.Posteriors,
            ClassPrior = prior,
            LabelerSkills = Skills(input, model),
            ItemDifficulties = Difficulties(model),
            Iterations = iterations,
            Converged = converged,
        };
    }

    /// <summary>E-step over all items; returns the log posterior of abilities and difficulties up to a constant, in nats.</summary>
    internal static double Expect(AggregationInput input, GladModel model, Blocks blocks) =>
        model.LogPrior() + blocks.Sum(input.Table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var sum = 0.0;
            for (var n = first; n < last; n++)
            {
                sum += model.Expect(n, input.IsGold(n, out var known) ? known : -1);
            }

            return sum;
        });

    /// <summary>M-step: abilities and difficulties take turns until they rest.</summary>
    internal void Maximise(AggregationInput input, GladModel model, Blocks blocks)
    {
        for (var sweep = 0; sweep < options.MaxSweeps; sweep++)
        {
            var moved = blocks.Max(input.Table.LabelerCount, LabelerOrder.BlockSize, (first, last) =>
            {
                var largest = 0.0;
                for (var r = first; r < last; r++)
                {
                    var at = model.Abilities[r];
                    model.Abilities[r] = Ascend(model, Side.Labeler, r, at);
                    largest = Math.Max(largest, Math.Abs(model.Abilities[r] - at));
                }

                return largest;
            });
            moved = Math.Max(moved, blocks.Max(input.Table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
            {
                var largest = 0.0;
                for (var n = first; n < last; n++)
                {
                    var at = model.LogEase[n];
                    model.LogEase[n] = Ascend(model, Side.Item, n, at);
                    model.Ease[n] = Math.Exp(model.LogEase[n]);
                    largest = Math.Max(largest, Math.Abs(model.LogEase[n] - at));
                }

                return largest;
            }));
            if (moved < options.SweepTolerance)
            {
                return;
            }
        }
    }

    // One Newton step, halved until the objective does not fall.
    private static double Ascend(GladModel model, Side side, int index, double at)
    {
        var here = Objective(model, side, index, at);
        var step = Math.Clamp(here.Gradient / here.Curvature, -LargestStep, LargestStep);
        for (var halving = 0; halving < Halvings; halving++)
        {
            if (Objective(model, side, index, at + step).Value >= here.Value)
            {
                return at + step;
            }

            step /= 2;
        }

        return at;
    }

    private static GladPoint Objective(GladModel model, Side side, int index, double at) =>
        side == Side.Labeler ? model.OfAbility(index, at) : model.OfLogEase(index, at);

    private static double[] Skills(AggregationInput input, GladModel model)
    {
        var table = input.Table;
        double logEase = 0, annotated = 0;
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            logEase += start < end ? model.LogEase[n] : 0;
            annotated += start < end ? 1 : 0;
        }

        var ease = Math.Exp(annotated > 0 ? logEase / annotated : GladModel.PriorMean);
        var skills = new double[table.LabelerCount];
        for (var r = 0; r < skills.Length; r++)
        {
            skills[r] = 1 / (1 + Math.Exp(-model.Abilities[r] * ease));
        }

        UnseenLabelers.Fill(table, skills);
        return skills;
    }

    private static double[] Difficulties(GladModel model)
    {
        var difficulties = new double[model.Ease.Length];
        for (var n = 0; n < difficulties.Length; n++)
        {
            difficulties[n] = 1 / (1 + model.Ease[n]);
        }

        return difficulties;
    }

    private enum Side
    {
        Labeler,
        Item,
    }
}
