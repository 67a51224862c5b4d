namespace LabelerService.Core.Aggregation.Votes;

/// <summary>
/// Zero-based skill: everybody starts a little above chance, s_r = 1/K + 1e-5; a vote weighted by skill decides the items, and skills move towards
/// the share of annotations that agree with it, s_r ← s_r + η (a_r − s_r), which is a gradient step on (s_r − a_r)²/2. The rate η starts
/// at 1 and is halved every 20 iterations, at most 100 of them.
/// </summary>
internal sealed class ZeroBasedSkillAggregator : IAggregator
{
    private const int DefaultIterations = 100;
    private const int IterationsOfOneRate = 20;
    private const double AboveChance = 1e-5;
    private const double Tolerance = 1e-9;

    public static AggregatorDescriptor Descriptor { get; } = new(
        "zbs", "Zero-based skill", "Weighted vote and skills take turns until they agree; everybody starts a little above chance.",
        "Ustalov et al., Learning from crowds with Crowd-Kit, JOSS 9 (2024), zero-based skill.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false, () => new ZeroBasedSkillAggregator());

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        var table = input.Table;
        var most = control.MaxIterations ?? DefaultIterations;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        var blocks = AggregationBlocks.For(table, control);
        var order = new LabelerOrder(table);
        var skills = new double[table.LabelerCount];
        skills.AsSpan().Fill(Math.Min(1, (1.0 / table.ClassCount) + AboveChance));
        var posteriors = MajorityVote.Posteriors(table);
        var decisions = new double[posteriors.Length];
        var (iterations, converged, rate) = (0, false, 1.0);
        while (!converged && iterations < most)
        {
            control.Cancel.ThrowIfCancellationRequested();
            iterations++;
            rate = iterations % IterationsOfOneRate == 0 ? rate / 2 : rate;
            WeightedVotes.Shares(table, skills, posteriors, blocks);
            WeightedVotes.Decide(input, posteriors, decisions, blocks);
            var agreement = WeightedVotes.Accuracies(input, order, decisions, blocks);
            var change = 0.0;
            for (var r = 0; r < skills.Length; r++)
            {
                var step = agreement[r] - skills[r];
                change = Math.Max(change, Math.Abs(step));
                skills[r] = Math.Clamp(skills[r] + (rate * step), 0, 1);
            }

            converged = change < Tolerance;
            control.Progress?.Report(new AggregationProgress(iterations, most, change));
        }

        WeightedVotes.Shares(table, skills, posteriors, blocks);
        KnownClasses.Fix(input, posteriors);
        var prior = UnseenItems.Fill(input, posteriors);
        return new Consensus
        {
            ClassCount = table.ClassCount,
            Posteriors = posteriors,
            ClassPrior = prior,
            LabelerSkills = skills,
            Iterations = iterations,
            Converged = converged,
        };
    }
}
