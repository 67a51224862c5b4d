using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>How items are predicted.</summary>
public sealed record PredictionOptions
{
    /// <summary>Alias of the model to use instead of the champion; only where no version is named.</summary>
    public string Alias { get; init; } = "";

    /// <summary>Whether the distilled head answers instead of the ensemble.</summary>
    public bool Distilled { get; init; }

    /// <summary>Keys of the labelers whose heads answer; empty for all.</summary>
    public IReadOnlyList<string> Labelers { get; init; } = [];

    /// <summary>What to answer beside the ensemble.</summary>
    public IReadOnlyList<PredictionOutput> Outputs { get; init; } = [];
}
