namespace LabelerService.Core.Aggregation.Votes;

/// <summary>
/// Worker Agreement With Aggregate: majority vote, skill of a labeler = share of the labeler's annotations that name the majority's class, then a
/// vote weighted by skill. A tied majority counts as a fair draw: naming one of t tied classes is right to 1/t.
/// </summary>
internal sealed class WawaAggregator : IAggregator
{
    public static AggregatorDescriptor Descriptor { get; } = new(
        "wawa", "Worker agreement with aggregate", "Votes count as much as their labelers agree with the majority: quick, and hard to mislead.",
        "Appen, Inter-annotator agreement: Wawa; as in Ustalov et al., Learning from crowds with Crowd-Kit, JOSS 9 (2024).",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false, () => new WawaAggregator());

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        control.Cancel.ThrowIfCancellationRequested();
        var table = input.Table;
        var blocks = AggregationBlocks.For(table, control);
        var posteriors = MajorityVote.Posteriors(table);
        var decisions = new double[posteriors.Length];
        WeightedVotes.Decide(input, posteriors, decisions, blocks);
        var skills = WeightedVotes.Accuracies(input, new LabelerOrder(table), decisions, blocks);
        WeightedVotes.Shares(table, skills, posteriors, blocks);
        KnownClasses.Fix(input, posteriors);
        var prior = UnseenItems.Fill(input, posteriors);
        control.Progress?.Report(new AggregationProgress(1, 1, 0));
        return new Consensus
        {
            ClassCount = table.ClassCount,
            Posteriors = posteriors,
            ClassPrior = prior,
            LabelerSkills = skills,
            Iterations = 1,
            Converged = true,
        };
    }
}
