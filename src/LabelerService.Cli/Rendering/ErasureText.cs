using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>What erasures leave in models, in words.</summary>
internal static class ErasureText
{
    /// <summary>For people; null where nothing was erased.</summary>
    public static string? Warning(ModelVersion version) => version.ErasedData switch
    {
        ModelVersion.Types.ErasedData.Annotations =>
            $"trained on annotations that may have been deleted since ({Tables.Time(version.EraseTime)}): train again, then delete this version",
        ModelVersion.Types.ErasedData.LabelerId =>
            $"its files name a labeler who was pseudonymised since ({Tables.Time(version.EraseTime)}): train again, then delete this version",
        _ => null,
    };

    /// <summary>For programs; null where nothing was erased.</summary>
    public static string? Data(ModelVersion version) => version.ErasedData switch
    {
        ModelVersion.Types.ErasedData.Annotations => "annotations",
        ModelVersion.Types.ErasedData.LabelerId => "labeler_id",
        _ => null,
    };
}
