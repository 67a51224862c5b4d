using LabelerService.Core.Encodings;

namespace LabelerService.Extraction;

/// <summary>How an uploaded model is used, and how much it may take.</summary>
public sealed record ExtractorOptions
{
    /// <summary>Largest file.</summary>
    public const int MaximumBytes = 512 * 1024 * 1024;

    /// <summary>Most features of an item.</summary>
    public const int MaximumFeatures = 65_536;

    /// <summary>How it reads items.</summary>
    public ExtractorInput Input { get; init; } = new();

    /// <summary>Resource name, for the encoding; null where it has none.</summary>
    public string? Backbone { get; init; }

    /// <summary>Threads of one block.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Most items of one block.</summary>
    public int BlockItems { get; init; } = 32;

    /// <summary>
    /// Whether blocks are always full, with zeros where there are too few items: then what an item becomes does not depend, not even in its last
    /// bit, on how many others there are. Costs a whole block for one item.
    /// </summary>
    public bool FullBlocks { get; init; }

    /// <summary>How long its first items may take; null for no limit.</summary>
    public TimeSpan? TrialTime { get; init; } = TimeSpan.FromSeconds(30);
}
