namespace LabelerService.Core.Aggregation;

/// <summary>How an aggregation runs. Nothing here but <see cref="MaxIterations"/> changes its result, not by a bit.</summary>
public sealed record AggregationControl
{
    /// <summary>Threads used at most; 0: all processors.</summary>
    public int Threads { get; init; }

    /// <summary>Most iterations; null: the algorithm's own default.</summary>
    public int? MaxIterations { get; init; }

    /// <summary>Told once an iteration.</summary>
    public IProgress<AggregationProgress>? Progress { get; init; }

    /// <summary>Checked at least once an iteration.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>The number of threads meant by <see cref="Threads"/>.</summary>
    public int EffectiveThreads => Threads > 0 ? Threads : Environment.ProcessorCount;
}

/// <summary>Where an aggregation stands.</summary>
/// <param name="Iteration">Iterations done.</param>
/// <param name="MaxIterations">Iterations at most.</param>
/// <param name="Change">What the algorithm compares with its tolerance; it ends when this is small.</param>
public readonly record struct AggregationProgress(int Iteration, int MaxIterations, double Change);
