namespace LabelerService.Core.Text;

/// <summary>How texts become vectors.</summary>
public sealed record TextFeaturizerOptions
{
    /// <summary>Length D of the vectors: buckets that features are hashed into. A power of two from 2 to 2²⁰.</summary>
    public int Dimensions { get; init; } = 4096;

    /// <summary>Longest sequence of tokens that is a feature of its own, from 1.</summary>
    public int LongestNgram { get; init; } = 2;

    /// <summary>Features that fewer texts than this have are left out, from 1.</summary>
    public int FewestTexts { get; init; } = 2;
}
