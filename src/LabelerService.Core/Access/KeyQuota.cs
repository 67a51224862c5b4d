namespace LabelerService.Core.Access;

/// <summary>How much the bearer of a key may have stored on one day, over all servers. What is null or 0 is not limited.</summary>
public readonly record struct KeyQuota
{
    /// <summary>Most of anything on one day.</summary>
    public const long MostPerDay = 1_000_000_000_000;

    /// <summary>Annotations created, revised or retracted on one day.</summary>
    public long? AnnotationsPerDay { get; init; }

    /// <summary>Items created or changed on one day, gold classes set or cleared among them.</summary>
    public long? ItemsPerDay { get; init; }

    /// <summary>Whether a number can be a quota: 0, which is no limit, to <see cref="MostPerDay"/>.</summary>
    public static bool IsQuota(long perDay) => perDay is >= 0 and <= MostPerDay;
}
