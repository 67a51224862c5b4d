namespace LabelerService.Core.Agreement;

/// <summary>How agreement is worked out.</summary>
public sealed record AgreementOptions
{
    /// <summary>Scale of the classes.</summary>
    public AgreementScale Scale { get; init; } = AgreementScale.Nominal;

    /// <summary>Resamples behind the intervals; 0: no intervals. Fewer are drawn where <see cref="MaxBootstrapWork"/> says so.</summary>
    public int BootstrapReplicates { get; init; } = 1000;

    /// <summary>Seed of the resamples: the same seed gives the same bits, whatever the number of threads.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Share of the resamples inside an interval, in (0, 1).</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Pairs of labelers kept at most: those who share most items. 0: pairs are not looked at, nor counted.</summary>
    public int MaxPairs { get; init; } = 10_000;

    /// <summary>
    /// Σ over items of (annotations)² at most for looking at all pairs of labelers; above it only the pairs of the most active labelers are
    /// looked at, as many as fit. Ten million annotations, 400 an item, are just within.
    /// </summary>
    public long MaxPairWork { get; init; } = 4_000_000_000;

    /// <summary>Resamples × different items (as to how often each class was named) at most; but never below 200 resamples.</summary>
    public long MaxBootstrapWork { get; init; } = 200_000_000;

    /// <summary>Threads used at most; 0: all processors.</summary>
    public int Threads { get; init; }

    internal int EffectiveThreads => Threads > 0 ? Threads : Environment.ProcessorCount;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(BootstrapReplicates);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxPairs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxPairWork);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBootstrapWork);
        if (Level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Level), Level, "The level lies between 0 and 1.");
        }
    }
}
