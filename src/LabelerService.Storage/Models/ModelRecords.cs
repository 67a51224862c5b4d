using LabelerService.Core.Models;

namespace LabelerService.Storage.Models;

/// <summary>Aliases that the service itself knows.</summary>
public static class ModelAliases
{
    /// <summary>The version that serves predictions when no version is named.</summary>
    public const string Champion = "champion";

    /// <summary>The version that the latest run of a retraining policy published.</summary>
    public const string Candidate = "candidate";
}

/// <summary>State of a model version. The values are stored; never renumber.</summary>
public enum ModelVersionState
{
    /// <summary>Can be served.</summary>
    Ready = 1,

    /// <summary>Its artefact is gone; what was known of it stays, so that the lineage of others can be read.</summary>
    Deleted = 2,
}

/// <summary>Which versions are kept. A version that is neither among the newest nor young enough is deleted.</summary>
/// <param name="Newest">How many of the newest versions are kept whatever their age.</param>
/// <param name="Younger">Versions up to this age are kept whatever their number.</param>
public readonly record struct ModelRetention(int Newest, TimeSpan Younger)
{
    /// <summary>Whether anything is ever deleted: not if both are zero.</summary>
    public bool IsOn => Newest > 0 || Younger > TimeSpan.Zero;
}

/// <summary>A stored model: a line of versions.</summary>
/// <param name="ModelId">Id within the dataset.</param>
/// <param name="LatestVersion">Highest version that is not deleted; 0 if there is none.</param>
/// <param name="Aliases">Version of each alias.</param>
/// <param name="CreateTime">When its first version was published.</param>
/// <param name="UpdateTime">When it last changed.</param>
public sealed record ModelRecord(
    string ModelId, int LatestVersion, IReadOnlyDictionary<string, int> Aliases, DateTimeOffset CreateTime, DateTimeOffset UpdateTime)
{
    /// <summary>Name for people.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>What it is, for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Which versions are kept.</summary>
    public ModelRetention Retention { get; init; }

    /// <summary>The version that gets a share of the champion's predictions; null where there is none.</summary>
    public int? CanaryVersion { get; init; }

    /// <summary>That share, in (0, 1); 0 without a canary.</summary>
    public double CanaryShare { get; init; }

    /// <summary>Grows with every change of the fields above; the etag.</summary>
    public long Version { get; init; }
}

/// <summary>A published model version. Immutable but for its deletion.</summary>
/// <param name="ModelId">Id of its model.</param>
/// <param name="Version">1, 2, … within the model.</param>
/// <param name="ArtefactSha256">Hex SHA-256 of its ONNX bytes; read them with <see cref="Artefacts.ArtefactStore"/>.</param>
/// <param name="ArtefactLength">Length of the ONNX bytes.</param>
/// <param name="Manifest">All else that is known of it.</param>
/// <param name="RunId">The run that published it.</param>
/// <param name="State">State.</param>
/// <param name="CreateTime">When it was published.</param>
public sealed record ModelVersionRecord(
    string ModelId, int Version, string ArtefactSha256, long ArtefactLength, ModelManifest Manifest, string RunId,
    ModelVersionState State, DateTimeOffset CreateTime)
{
    /// <summary>The champion when it was published; null if there was none.</summary>
    public int? ChampionVersion { get; init; }

    /// <summary>Hex SHA-256 of the weights that others may start from; null where it was published without.</summary>
    public string? WeightsSha256 { get; init; }

    /// <summary>
    /// Hex SHA-256 of the table of its training items (<see cref="OutOfFoldTable"/>); null where it was published without.
    /// </summary>
    public string? OutOfFoldSha256 { get; init; }

    /// <summary>
    /// Hex SHA-256 of what its items' encoder is made of, where that is kept with the version: a text featurizer; null otherwise.
    /// </summary>
    public string? EncoderSha256 { get; init; }

    /// <summary>When it was deleted; null if it is not.</summary>
    public DateTimeOffset? DeleteTime { get; init; }

    /// <summary>Who deleted it; empty if it is not deleted.</summary>
    public string DeleteActor { get; init; } = "";

    /// <summary>What was erased since that its files still hold; null for nothing.</summary>
    public Labelers.ErasureMode? ErasedData { get; init; }

    /// <summary>When that was last erased.</summary>
    public DateTimeOffset? EraseTime { get; init; }
}

/// <summary>A name for a version that can be moved to another.</summary>
/// <param name="ModelId">Id of the model.</param>
/// <param name="Alias"><c>[a-z0-9-]{1,63}</c>, e.g. <see cref="ModelAliases.Champion"/>.</param>
/// <param name="ModelVersion">The version it names.</param>
/// <param name="Version">Grows with every move; the etag.</param>
/// <param name="UpdateTime">When it last moved.</param>
public sealed record ModelAliasRecord(string ModelId, string Alias, int ModelVersion, long Version, DateTimeOffset UpdateTime);

/// <summary>What decides which version answers.</summary>
/// <param name="Aliases">Version of each alias.</param>
/// <param name="CanaryVersion">The version that gets a share of the champion's predictions; null where there is none.</param>
/// <param name="CanaryShare">That share, in (0, 1); 0 without a canary.</param>
public sealed record ModelRoute(IReadOnlyDictionary<string, int> Aliases, int? CanaryVersion, double CanaryShare);

/// <summary>Why something about a model changes, for its history.</summary>
/// <param name="Text">In words; may be empty. At most 1,024 bytes.</param>
/// <param name="Actor">Who wants it: the caller's name, or the part of the service that acts by itself.</param>
public sealed record PromotionReason(string Text, string Actor);

/// <summary>What happened to an alias or canary. The values are stored; never renumber.</summary>
public enum ModelChangeKind
{
    /// <summary>The model's first version was published and became champion.</summary>
    Published = 1,

    /// <summary>An alias was set.</summary>
    AliasSet = 2,

    /// <summary>A version was promoted to champion.</summary>
    Promoted = 3,

    /// <summary>The champion went back to the one before.</summary>
    RolledBack = 4,

    /// <summary>An alias was removed.</summary>
    AliasDeleted = 5,

    /// <summary>A canary got its share, or another one.</summary>
    CanarySet = 6,

    /// <summary>A canary ended.</summary>
    CanaryEnded = 7,
}

/// <summary>One line of a model's history.</summary>
/// <param name="Number">1, 2, … within the model.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Alias">The alias; empty where it is about the canary.</param>
/// <param name="FromVersion">Version before; null if there was none.</param>
/// <param name="ToVersion">Version after; null if there is none.</param>
/// <param name="CanaryShare">The canary's share, in (0, 1); null where it is not about a canary that begins.</param>
/// <param name="Reason">Why, in words; may be empty.</param>
/// <param name="Actor">Who did it; empty if that is not known.</param>
/// <param name="Time">When.</param>
public sealed record ModelChangeRecord(
    long Number, ModelChangeKind Kind, string Alias, int? FromVersion, int? ToVersion, double? CanaryShare, string Reason, string Actor, DateTimeOffset Time);
