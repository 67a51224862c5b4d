using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Labelers;
using WireMode = LabelerService.Contracts.V1.ErasureMode;

namespace LabelerService.Server.Mapping;

/// <summary>Erasures between proto and domain.</summary>
internal static class ErasureMapping
{
    /// <summary>What went, or would go.</summary>
    public static EraseLabelerResponse ToResponse(DatasetRecord dataset, LabelerErasure erasure) => new()
    {
        Mode = (WireMode)erasure.Mode,
        Pseudonym = erasure.Pseudonym,
        AnnotationCount = erasure.Annotations,
        RevisionCount = erasure.Revisions,
        StudioAnnotationCount = erasure.StudioAnnotations,
        RevokedApiKeys = { erasure.RevokedKeys.Select(ResourceName.ApiKey) },
        RestartedRunCount = erasure.RestartedRuns,
        ModelVersions = { erasure.Versions.Select(version => ResourceName.ModelVersion(dataset.Id, version.ModelId, version.Version)) },
        EraseTime = erasure.EraseTime is { } time ? Timestamp.FromDateTimeOffset(time) : null,
    };
}
