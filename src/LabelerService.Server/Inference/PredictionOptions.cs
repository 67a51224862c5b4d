using LabelerService.Core.Models;

namespace LabelerService.Server.Inference;

/// <summary>What to compute beside the ensemble's distribution.</summary>
internal sealed record PredictionOptions
{
    /// <summary>The ensemble's distribution, its entropy and the heads' disagreement.</summary>
    public static PredictionOptions Default { get; } = new();

    /// <summary>The distilled head's distribution and its entropy.</summary>
    public static PredictionOptions DistilledOnly { get; } = new() { Distilled = true };

    /// <summary>Whether to keep each head's distribution.</summary>
    public bool LabelerProbabilities { get; init; }

    /// <summary>Whether to keep each head's weight.</summary>
    public bool LabelerWeights { get; init; }

    /// <summary>Whether to compute how often two labelers, drawn by weight, name different classes.</summary>
    public bool ExpectedDisagreement { get; init; }

    /// <summary>Whether to compute how far heads' probabilities are from each other.</summary>
    public bool Deviations { get; init; }

    /// <summary>Whether the distilled head answers instead of the ensemble; only for versions that have one, and without the heads.</summary>
    public bool Distilled { get; init; }

    /// <summary>
    /// Whether nobody waits: a job's items are predicted when there is nothing else to do (and one block in eight when there is), and are
    /// never refused.
    /// </summary>
    public bool Background { get; init; }

    /// <summary>The labelers whose heads answer; null for all.</summary>
    public LabelerSubset? Labelers { get; init; }
}

/// <summary>Some of a version's heads.</summary>
/// <param name="Heads">Their indexes in the manifest, ascending, each once.</param>
/// <param name="Mixture">How the model mixes its heads.</param>
internal sealed record LabelerSubset(int[] Heads, HeadMixture Mixture);
