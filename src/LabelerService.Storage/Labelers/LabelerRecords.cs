namespace LabelerService.Storage.Labelers;

/// <summary>A labeler to register.</summary>
/// <param name="LabelerId">External id, 1 to 256 bytes of UTF-8, unique within the dataset.</param>
/// <param name="DisplayName">Name for people; only taken when the labeler is new.</param>
/// <param name="Tags">Free key-value pairs; only taken when the labeler is new.</param>
public sealed record LabelerWrite(string LabelerId, string DisplayName = "", IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>What a registration changed.</summary>
/// <param name="Created">Labelers that are new.</param>
/// <param name="Existing">Labelers that were registered already; they stay as they are.</param>
public sealed record LabelerRegisterResult(int Created, int Existing);

/// <summary>What to change of a labeler; null leaves a field as it is.</summary>
/// <param name="DisplayName">New name for people.</param>
/// <param name="Tags">New tags, replacing all.</param>
public sealed record LabelerChange(string? DisplayName = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>A stored labeler.</summary>
public sealed record LabelerRecord
{
    /// <summary>Key within the dataset; ascending in order of registration. The cursor of a list.</summary>
    public required long Key { get; init; }

    /// <summary>External id.</summary>
    public required string LabelerId { get; init; }

    /// <summary>Name for people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Free key-value pairs.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Current annotations of this labeler, without retracted ones.</summary>
    public required long AnnotationCount { get; init; }

    /// <summary>When the labeler was registered (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>Grows with every change; the etag.</summary>
    public required long Version { get; init; }
}
