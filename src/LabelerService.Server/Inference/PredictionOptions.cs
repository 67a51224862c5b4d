namespace LabelerService.Server.Inference;

/// <summary>What to compute beside the ensemble's distribution.</summary>
internal sealed record PredictionOptions
{
    /// <summary>The ensemble's distribution, its entropy and the heads' disagreement.</summary>
    public static PredictionOptions Default { get; } = new();

    /// <summary>Whether to keep each head's distribution.</summary>
    public bool LabelerProbabilities { get; init; }

    /// <summary>Whether to keep each head's weight.</summary>
    public bool LabelerWeights { get; init; }

    /// <summary>Whether the distilled head answers instead of the ensemble; only for versions that have one, and without the heads.</summary>
    public bool Distilled { get; init; }

    /// <summary>The labelers whose heads answer; null for all.</summary>
    public LabelerSubset? Labelers { get; init; }
}

/// <summary>Some of a version's heads.</summary>
/// <param name="Heads">Their indexes in the manifest, ascending, each once.</param>
internal sealed record LabelerSubset(IReadOnlyList<int> Heads);
