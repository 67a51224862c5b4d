namespace LabelerService.TestKit.Crowds;

/// <summary>A number of labelers of one kind.</summary>
/// <param name="Kind">How they behave.</param>
/// <param name="Count">How many there are.</param>
public readonly record struct LabelerGroup(LabelerKind Kind, int Count);

/// <summary>Who labels, and how much.</summary>
public sealed record CrowdSimulationOptions
{
    /// <summary>Seed of everything random: the same items and options give the same crowd.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The labelers, kind by kind; those who answer are drawn without regard to this order.</summary>
    public IReadOnlyList<LabelerGroup> Labelers { get; init; } =
    [
        new(LabelerKind.Expert, 6), new(LabelerKind.Average, 18), new(LabelerKind.ClassSpecialist, 8), new(LabelerKind.Confuser, 6),
        new(LabelerKind.RegionDependent, 8), new(LabelerKind.Spammer, 6), new(LabelerKind.Constant, 4), new(LabelerKind.Adversary, 4),
    ];

    /// <summary>Labelers who answer about each item, drawn without replacement; all of them where there are fewer.</summary>
    public int LabelsPerItem { get; init; } = 3;

    /// <summary>
    /// s of the activity 1/rankˢ, ranks drawn at random: 0 = all label equally much, 1 = Zipf's law, where a few do most of the work.
    /// </summary>
    public double ActivitySkew { get; init; }
}
