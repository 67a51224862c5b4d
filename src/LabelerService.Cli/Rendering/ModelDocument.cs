using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Models and their versions as JSON documents.</summary>
internal static class ModelDocument
{
    public static object Of(Model model, IEnumerable<ModelVersion> versions) => new
    {
        model.Name,
        model.LatestVersion,
        Aliases = model.Aliases.ToDictionary(alias => alias.Alias, alias => alias.Version),
        Versions = versions.Select(Of),
    };

    private static object Of(ModelVersion version) => new
    {
        version.Name,
        version.Algorithm,
        version.Seed,
        Heads = version.Heads.Count,
        version.AnnotationCount,
        Metrics = version.Metrics.Select(MetricText.Document),
        Selection = version.Selection is { } selection ? new
        {
            selection.Criterion,
            selection.Chosen,
            selection.Reason,
            Candidates = selection.Candidates.Select(candidate => new
            {
                candidate.Name,
                candidate.LogLikelihood,
                candidate.DifferenceStandardError,
            }),
        } : null,
        version.SnapshotId,
        version.CodeVersion,
        version.TrainingRun,
        version.ArtefactSha256,
        version.ArtefactBytes,
        version.ParityMaxDifference,
        version.TrainingSeconds,
        CreateTime = version.CreateTime?.ToDateTimeOffset(),
    };
}
