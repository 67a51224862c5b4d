using LabelerService.Core.Models;

namespace LabelerService.Storage.Models;

/// <summary>Aliases that the service itself knows.</summary>
public static class ModelAliases
{
    /// <summary>The version that serves predictions when no version is named.</summary>
    public const string Champion = "champion";
}

/// <summary>State of a model version. The values are stored; never renumber.</summary>
public enum ModelVersionState
{
    /// <summary>Can be served.</summary>
    Ready = 1,
}

/// <summary>A stored model: a line of versions.</summary>
/// <param name="ModelId">Id within the dataset.</param>
/// <param name="LatestVersion">Highest version.</param>
/// <param name="Aliases">Version of each alias.</param>
/// <param name="CreateTime">When its first version was published.</param>
/// <param name="UpdateTime">When its latest version was published.</param>
public sealed record ModelRecord(
    string ModelId, int LatestVersion, IReadOnlyDictionary<string, int> Aliases, DateTimeOffset CreateTime, DateTimeOffset UpdateTime);

/// <summary>A published model version. Immutable.</summary>
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
    ModelVersionState State, DateTimeOffset CreateTime);

/// <summary>A name for a version that can be moved to another.</summary>
/// <param name="ModelId">Id of the model.</param>
/// <param name="Alias"><c>[a-z0-9-]{1,63}</c>, e.g. <see cref="ModelAliases.Champion"/>.</param>
/// <param name="ModelVersion">The version it names.</param>
/// <param name="Version">Grows with every move; the etag.</param>
/// <param name="UpdateTime">When it last moved.</param>
public sealed record ModelAliasRecord(string ModelId, string Alias, int ModelVersion, long Version, DateTimeOffset UpdateTime);
