namespace LabelerService.Core.Aggregation;

/// <summary>What an aggregation found.</summary>
public sealed record Consensus
{
    /// <summary>Number of classes K.</summary>
    public required int ClassCount { get; init; }

    /// <summary>Class distributions of the items, row-major [N, K]; rows sum to one, never NaN.</summary>
    public required double[] Posteriors { get; init; }

    /// <summary>Distribution of the classes [K].</summary>
    public required double[] ClassPrior { get; init; }

    /// <summary>How labelers answer, where the algorithm has such a notion.</summary>
    public LabelerConfusions? Confusions { get; init; }

    /// <summary>
    /// Probability of being right [R], or a weight scaled to [0, 1]; null where the algorithm does not rate labelers.
    /// </summary>
    public double[]? LabelerSkills { get; init; }

    /// <summary>Difficulty of the items [N] in [0, 1], where the algorithm has such a notion.</summary>
    public double[]? ItemDifficulties { get; init; }

    /// <summary>Iterations done.</summary>
    public required int Iterations { get; init; }

    /// <summary>Whether the algorithm settled before its iterations ran out.</summary>
    public required bool Converged { get; init; }

    /// <summary>What the algorithm has to say of its own result. What is odd in the data is told elsewhere.</summary>
    public IReadOnlyList<AggregationWarning> Warnings { get; init; } = [];

    /// <summary>Number of items N.</summary>
    public int ItemCount => Posteriors.Length / ClassCount;

    /// <summary>Likeliest class of each item [N]; the lowest wins ties.</summary>
    public int[] Classes() => ClassDistributions.Tops(Posteriors, ClassCount);
}

/// <summary>Something a reader of the result should know.</summary>
/// <param name="Code">For programs, UPPER_SNAKE.</param>
/// <param name="Text">For people.</param>
public sealed record AggregationWarning(string Code, string Text);
