namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>How long and on what the sampler runs.</summary>
public sealed record ConfusionSamplerOptions
{
    /// <summary>Draws that are kept. 400 know the end of a 95 % interval to about a percent of probability.</summary>
    public int Draws { get; init; } = 400;

    /// <summary>Draws before these that are dropped. The start is the EM solution, so few are needed.</summary>
    public int BurnIn { get; init; } = 100;

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

    /// <summary>Most draws × labelers that are kept (4 bytes each); above, only means and variances of accuracies are.</summary>
    public long MaxKeptDraws { get; init; } = 16_000_000;

    /// <summary>Whether the common labeler stays as at the start; for checks against enumeration.</summary>
    internal bool HoldCommon { get; init; }

    internal int EffectiveThreads => Threads > 0 ? Threads : Environment.ProcessorCount;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Draws, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(BurnIn);
        if (Level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Level), Level, "The level lies between 0 and 1.");
        }
    }
}
