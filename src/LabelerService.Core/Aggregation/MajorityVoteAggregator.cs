namespace LabelerService.Core.Aggregation;

/// <summary>
/// Every annotation counts the same: posteriors are vote shares (<see cref="MajorityVote"/>). Items without annotations get the class shares
/// of all annotations.
/// </summary>
internal sealed class MajorityVoteAggregator : IAggregator
{
    public static AggregatorDescriptor Descriptor { get; } = new(
        "mv", "Majority vote", "Every annotation counts the same; no labeler is rated.", "Folklore; the measure of all others.",
        UsesModel: false, NeedsModel: false, UsesGold: false, NeedsOrdinal: false, () => new MajorityVoteAggregator());

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        control.Cancel.ThrowIfCancellationRequested();
        var shares = MajorityVote.ClassShares(input.Table);
        var posteriors = MajorityVote.Posteriors(input.Table, shares);
        KnownClasses.Fix(input, posteriors);
        return new Consensus
        {
            ClassCount = input.Table.ClassCount,
            Posteriors = posteriors,
            ClassPrior = shares,
            Iterations = 1,
            Converged = true,
        };
    }
}
