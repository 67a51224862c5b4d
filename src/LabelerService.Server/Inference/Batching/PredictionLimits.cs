namespace LabelerService.Server.Inference.Batching;

/// <summary>How many predictions run at once, and how many wait before more are refused.</summary>
internal sealed record PredictionLimits
{
    /// <summary>Blocks that run at once, one thread each.</summary>
    public int Runners { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// How long a small request may have to wait, by estimate; with more work than that ahead of it, it is refused.
    /// </summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How long a larger request may have to wait, in multiples of the time that it takes a runner: what takes a second by itself need not
    /// be refused for a wait of one. Low enough that an admitted request takes less than five times what it takes when nothing else runs.
    /// </summary>
    public double MaxWaitFactor { get; init; } = 3;

    /// <summary>
    /// How long more may wait than that, up to <see cref="BurstFactor"/> times as much: a burst is worked off, a queue that does not become
    /// empty for this long is an overload.
    /// </summary>
    public TimeSpan Burst { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long nobody must have been refused before a burst is let in: under an overload the queue is short, even empty, again and again, because
    /// others are refused, and each time would begin a burst.
    /// </summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How much more may wait in a burst.</summary>
    public double BurstFactor { get; init; } = 10;

    /// <summary>How long a block may take, by estimate: who comes while it runs waits for it.</summary>
    public TimeSpan MaxBlock { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Items that may wait: bounds memory.</summary>
    public int MaxWaitingRows { get; init; } = 100_000;

    /// <summary>Requests that may wait.</summary>
    public int MaxWaitingRequests { get; init; } = 4_096;
}
