using LabelerService.Core.Aggregation;
using LabelerService.Core.Labelers;

namespace LabelerService.Server.Insight;

/// <summary>By what a consensus is worked out.</summary>
/// <param name="Method">Id of the aggregator.</param>
/// <param name="ModelId">The model that votes; empty for none.</param>
/// <param name="ModelVersion">Its version; 0 without a model.</param>
/// <param name="UseGold">Whether gold classes are known.</param>
internal sealed record ConsensusKey(string Method, string ModelId, int ModelVersion, bool UseGold);

/// <summary>A consensus with what there is to say of it.</summary>
internal sealed record ConsensusResult
{
    /// <summary>By what it was worked out.</summary>
    public required ConsensusKey Key { get; init; }

    /// <summary>The consensus.</summary>
    public required Consensus Consensus { get; init; }

    /// <summary>Likeliest class of each item [N].</summary>
    public required int[] Classes { get; init; }

    /// <summary>What the model says; null without one.</summary>
    public ModelVoteTable? Votes { get; init; }

    /// <summary>What to know before trusting it.</summary>
    public required IReadOnlyList<AggregationWarning> Warnings { get; init; }

    /// <summary>How often it is the gold class, where gold was not known to it; null without gold.</summary>
    public MeasuredShare? GoldAccuracy { get; init; }

    /// <summary>How long it took, without reading.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Whether it went on from an earlier state.</summary>
    public required bool Incremental { get; init; }

    /// <summary>Memory that it takes, about.</summary>
    public long Bytes => InsightSnapshot.BytesOf(Consensus) + (sizeof(int) * Classes.LongLength) + (sizeof(float) * (Votes?.Probabilities.LongLength ?? 0));
}
