namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>How long and on what the sampler runs.</summary>
public sealed record ConfusionSamplerOptions
{
    /// <summary>
    /// Draws that are kept, at least 2; null: 1,000 up to 200,000 annotations, above that fewer, so that time stays within minutes, but never
    /// below 200. With 400, 95 % intervals covered half a point less than with 1,000 in simulation, and with 3,000 no more.
    /// </summary>
    public int? Draws { get; init; }

    /// <summary>Draws before these that are dropped; null: a quarter as many. The start is the EM solution, so few are needed.</summary>
    public int? BurnIn { get; init; }

    /// <summary>Seed: the same seed gives the same bits, whatever the number of threads.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Share of the posterior inside an interval, in (0, 1).</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Threads used at most; 0: all processors.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// The class of each item whose probability is wanted [N]; empty: the likeliest one at the start. To be given where another algorithm
    /// made the consensus.
    /// </summary>
    public ReadOnlyMemory<int> ItemClasses { get; init; }

    /// <summary>Most cells R·K·K for which labelers have confusions; above, one accuracy each (32 bytes a cell are needed).</summary>
    public long MaxCells { get; init; } = 4_000_000;

    /// <summary>
    /// Most numbers that are kept of draws × labelers, and of draws × cells of confusions (4 bytes each); above, only means and variances are.
    /// </summary>
    public long MaxKeptDraws { get; init; } = 16_000_000;

    /// <summary>Whether the common labeler stays as at the start; for checks against enumeration.</summary>
    internal bool HoldCommon { get; init; }

    internal int EffectiveThreads => Threads > 0 ? Threads : Environment.ProcessorCount;

    /// <summary>Draws kept and dropped for a table of that many annotations.</summary>
    internal (int Kept, int Dropped) Length(int annotations)
    {
        var kept = Draws ?? Math.Clamp(200_000_000 / Math.Max(1, annotations), 200, 1000);
        return (kept, BurnIn ?? kept / 4);
    }

    internal void Check()
    {
        if (Draws < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(Draws), Draws, "An interval needs two draws at least.");
        }

        if (BurnIn < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(BurnIn), BurnIn, "Draws are not dropped before the first one.");
        }

        if (Level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Level), Level, "The level lies between 0 and 1.");
        }
    }
}
