using LabelerService.Core.Models;

namespace LabelerService.Storage.Backbones;

/// <summary>A stored backbone.</summary>
public sealed record BackboneRecord
{
    /// <summary>Id of its dataset.</summary>
    public required string DatasetId { get; init; }

    /// <summary>Id within the dataset.</summary>
    public required string BackboneId { get; init; }

    /// <summary>Never reused.</summary>
    public required Guid Uid { get; init; }

    /// <summary>Name for people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Hex SHA-256 of its file: the ONNX model of an extractor, the weights of a pretrained net.</summary>
    public required string ArtefactSha256 { get; init; }

    /// <summary>Size of its file in bytes.</summary>
    public required long ArtefactLength { get; init; }

    /// <summary>All else that is known of it.</summary>
    public required BackboneManifest Manifest { get; init; }

    /// <summary>The run that pretrained it; null where it was uploaded.</summary>
    public string? RunId { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>Resource name.</summary>
    public string Name => BackboneSql.Name(DatasetId, BackboneId);
}

/// <summary>An extractor to create.</summary>
/// <param name="BackboneId"><c>[a-z0-9-]{1,63}</c>, unique within the dataset.</param>
/// <param name="DisplayName">Name for people, at most 256 bytes of UTF-8.</param>
/// <param name="Onnx">The model file.</param>
/// <param name="Manifest">What was found out about it.</param>
public sealed record BackboneWrite(string BackboneId, string DisplayName, byte[] Onnx, BackboneManifest Manifest);

/// <summary>What is kept of a pretrained backbone by the hash of its content.</summary>
/// <param name="Weights">Its values by name and shape.</param>
public sealed record BackboneFiles(byte[] Weights);
