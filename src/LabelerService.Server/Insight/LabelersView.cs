using LabelerService.Core.Agreement;

namespace LabelerService.Server.Insight;

/// <summary>Everything that is known of the labelers of a state.</summary>
/// <param name="Snapshot">The state.</param>
/// <param name="Consensus">The consensus that they are judged by.</param>
/// <param name="Labelers">What was found of them.</param>
/// <param name="Pairwise">How often each agrees with the others [R].</param>
/// <param name="Intervals">Intervals, where they were asked for.</param>
/// <param name="WasThere">Whether all of it was there.</param>
internal sealed record LabelersView(
    InsightSnapshot Snapshot, ConsensusResult Consensus, LabelersResult Labelers, IReadOnlyList<AgreementWithOthers> Pairwise,
    IntervalsResult? Intervals, bool WasThere)
{
    /// <summary>Probability that a labeler is right, as the method has it, or else as its answers agree with the consensus; null where nothing says.</summary>
    public double? Accuracy(int labeler) =>
        Labelers.Analysis.Labelers[labeler].Count == 0 ? null
        : Consensus.Consensus.LabelerSkills is { } skills ? skills[labeler]
        : Labelers.Analysis.Labelers[labeler].ConsensusAccuracy?.Interval.Mean;

    /// <summary>How long it took beside the consensus.</summary>
    public TimeSpan Took => Labelers.Duration + (Intervals?.Duration ?? TimeSpan.Zero);

    /// <summary>The least accurate first; those of whom nothing is known last.</summary>
    public IEnumerable<int> ByAccuracy() => All().OrderBy(labeler => Accuracy(labeler) ?? double.PositiveInfinity);

    /// <summary>Those with the clearest flags first; those without last.</summary>
    public IEnumerable<int> ByFlags() => All().OrderBy(
        labeler => Labelers.Analysis.Labelers[labeler].Flags is { Count: > 0 } flags ? flags.Min(flag => flag.PValue) : double.PositiveInfinity);

    /// <summary>The most active first.</summary>
    public IEnumerable<int> ByAnnotations() => All().OrderByDescending(labeler => Labelers.Analysis.Labelers[labeler].Count);

    /// <summary>By ascending key.</summary>
    public IEnumerable<int> All() => Enumerable.Range(0, Labelers.Analysis.Labelers.Count);

    /// <summary>Whether anything was found of a labeler.</summary>
    public bool IsFlagged(int labeler) => Labelers.Analysis.Labelers[labeler].Flags.Count > 0;
}
