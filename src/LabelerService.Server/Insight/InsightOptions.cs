namespace LabelerService.Server.Insight;

/// <summary>What insight may take of the machine.</summary>
internal sealed record InsightOptions
{
    /// <summary>Threads that work on insight at once; the others are left to predictions.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Annotations of the largest dataset that is looked into.</summary>
    public long MaxAnnotations { get; init; } = 20_000_000;

    /// <summary>Memory in bytes, by estimate, that data and results may take while nobody asks for them.</summary>
    public long CacheBytes { get; init; } = 1L << 30;
}
