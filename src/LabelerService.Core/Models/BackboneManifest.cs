using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;

namespace LabelerService.Core.Models;

/// <summary>Where a backbone comes from. The values are stored; never renumber.</summary>
public enum BackboneSource
{
    /// <summary>An uploaded ONNX model, used as it is: items become what it makes of them.</summary>
    Extractor = 1,

    /// <summary>A pretraining run: nets start from its values.</summary>
    Pretrained = 2,
}

/// <summary>All that is known of a backbone beside its file. Stored as JSON with it.</summary>
public sealed record BackboneManifest
{
    /// <summary>Where it comes from.</summary>
    public required BackboneSource Source { get; init; }

    /// <summary>Kind of the items it reads.</summary>
    public required ItemKind ItemKind { get; init; }

    /// <summary>Their shape, as <see cref="DatasetSchema.ItemShape"/>.</summary>
    public required IReadOnlyList<int> ItemShape { get; init; }

    /// <summary>Length of what it makes of an item: F of an extractor, the width of a pretrained net's representation.</summary>
    public required int FeatureLength { get; init; }

    /// <summary>How an extractor reads items; null for a pretrained net.</summary>
    public ExtractorInput? Extractor { get; init; }

    /// <summary>The rows that a pretrained net reads; null for an extractor.</summary>
    public ItemEncoding? Encoding { get; init; }

    /// <summary>Algorithm that pretrained it: bingo, neo; empty for an extractor.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>Every setting of its training as it took effect.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>What was measured when its training ended, such as the objective.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Seed of its training.</summary>
    public long Seed { get; init; }

    /// <summary>Snapshot of the data it was pretrained on; empty for an extractor.</summary>
    public string SnapshotId { get; init; } = "";

    /// <summary>Version of the code that trained it; empty for an extractor.</summary>
    public string CodeVersion { get; init; } = "";
}
