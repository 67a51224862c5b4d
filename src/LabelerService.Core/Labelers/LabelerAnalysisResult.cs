using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Labelers;

/// <summary>What <see cref="LabelerAnalysis"/> found.</summary>
public sealed record LabelerAnalysisResult
{
    /// <summary>One report for each labeler, in the order of their index [R].</summary>
    public required IReadOnlyList<LabelerReport> Labelers { get; init; }

    /// <summary>The pairs that look alike at the false-alarm rate, the smallest p-value first.</summary>
    public required IReadOnlyList<LookAlikePair> LookAlikes { get; init; }

    /// <summary>Pairs of labelers who share enough items to be compared.</summary>
    public required long PairsCompared { get; init; }

    /// <summary>What a reader should know.</summary>
    public required IReadOnlyList<AggregationWarning> Warnings { get; init; }
}
