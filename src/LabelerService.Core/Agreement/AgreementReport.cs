using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Agreement;

/// <summary>A coefficient and its bootstrap interval.</summary>
/// <param name="Value">The coefficient; null where it is not defined.</param>
/// <param name="Low">Lower end; null without resamples, or where most of them have no value.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Estimate(double? Value, double? Low, double? High);

/// <summary>Two labelers on the items that both labelled.</summary>
/// <param name="A">One labeler's index.</param>
/// <param name="B">The other's; above <paramref name="A"/> in reports of all labelers.</param>
/// <param name="SharedItems">Items that both labelled.</param>
/// <param name="PercentAgreement">Share of these on which they agree.</param>
/// <param name="CohenKappa">Cohen's κ (1960); null where both always name one and the same class.</param>
/// <param name="WeightedKappa">Cohen's κ weighted by squared differences of class indexes (1968); only on ordinal and interval scales.</param>
public readonly record struct LabelerPair(
    int A, int B, int SharedItems, double PercentAgreement, double? CohenKappa, double? WeightedKappa);

/// <summary>How often a labeler agrees with the others on the items they share.</summary>
/// <param name="Mean">Share of its pairs of annotations that agree; each other labeler weighs as the items shared. Null without pairs.</param>
/// <param name="PairCount">Pairs of one of its annotations and another's of the same item.</param>
public readonly record struct AgreementWithOthers(double? Mean, long PairCount);

/// <summary>How much labelers agree.</summary>
public sealed record AgreementReport
{
    /// <summary>The scale of <see cref="KrippendorffAlpha"/>.</summary>
    public required AgreementScale Scale { get; init; }

    /// <summary>Level of the intervals.</summary>
    public required double Level { get; init; }

    /// <summary>Resamples behind the intervals.</summary>
    public required int Replicates { get; init; }

    /// <summary>Share of pairs of annotations of an item that are equal, the mean over items.</summary>
    public required Estimate Percent { get; init; }

    /// <summary>Fleiss' κ for varying numbers of annotations; nominal whatever the scale.</summary>
    public required Estimate Fleiss { get; init; }

    /// <summary>Krippendorff's α.</summary>
    public required Estimate KrippendorffAlpha { get; init; }

    /// <summary>Items with at least two annotations: only these can show agreement.</summary>
    public required int PairableItems { get; init; }

    /// <summary>Their annotations.</summary>
    public required long PairableAnnotations { get; init; }

    /// <summary>Pairs of labelers who share an item, of those looked at.</summary>
    public required long PairCount { get; init; }

    /// <summary>The pairs that share most items, at most as many as asked for: most shared items first, then by index.</summary>
    public required IReadOnlyList<LabelerPair> Pairs { get; init; }

    /// <summary>Each labeler against all others [R].</summary>
    public required IReadOnlyList<AgreementWithOthers> Labelers { get; init; }

    /// <summary>What to know before trusting the numbers.</summary>
    public required IReadOnlyList<AggregationWarning> Warnings { get; init; }
}
