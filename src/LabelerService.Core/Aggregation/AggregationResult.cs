namespace LabelerService.Core.Aggregation;

/// <summary>What one iteration of EM reached, before its M-step.</summary>
/// <param name="LogLikelihood">Σ_n ln Σ_k prior(k|n) Π_r Θ_r(y_nr|k), in nats.</param>
/// <param name="LogPosterior">The same plus the log density of the pseudo-annotations: the objective that EM climbs.</param>
public readonly record struct EmIteration(double LogLikelihood, double LogPosterior);

/// <summary>The classes of the items and the ways of the labelers, estimated from annotations.</summary>
public sealed record AggregationResult
{
    /// <summary>Number of classes K.</summary>
    public required int ClassCount { get; init; }

    /// <summary>Class distributions of the items, row-major [N, K]; rows sum to one.</summary>
    public required double[] Posteriors { get; init; }

    /// <summary>How labelers answer.</summary>
    public required LabelerConfusions Confusions { get; init; }

    /// <summary>Distribution of the classes [K].</summary>
    public required double[] ClassPrior { get; init; }

    /// <summary>One entry an iteration.</summary>
    public required IReadOnlyList<EmIteration> Trace { get; init; }

    /// <summary>Whether the posteriors settled before the iterations ran out.</summary>
    public required bool Converged { get; init; }

    /// <summary>Iterations done.</summary>
    public int Iterations => Trace.Count;

    /// <summary>Likeliest class of each item [N]; the lowest wins ties.</summary>
    public int[] Classes() => ClassDistributions.Tops(Posteriors, ClassCount);

    /// <summary><see cref="Posteriors"/> in single precision.</summary>
    public float[] PosteriorsSingle() => ClassDistributions.ToSingle(Posteriors);
}
