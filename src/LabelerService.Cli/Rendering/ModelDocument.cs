using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Models and their versions as JSON documents.</summary>
internal static class ModelDocument
{
    public static object Of(Model model, IEnumerable<ModelVersion> versions) => new
    {
        model.Name,
        model.LatestVersion,
        model.DisplayName,
        model.Description,
        Canary = model.Canary is { } canary ? new { canary.Version, canary.Share } : null,
        Retention = model.Retention is { } retention ? new { retention.KeepNewest, KeepYoungerSeconds = retention.KeepYounger?.Seconds ?? 0 } : null,
        Aliases = model.Aliases.ToDictionary(alias => alias.Alias, alias => alias.Version),
        Versions = versions.Select(version => Of(version, version.Heads.Count)),
    };

    /// <summary>A version with all that is known of it; the document of <see cref="Of(Model, IEnumerable{ModelVersion})"/> counts heads only.</summary>
    public static object Of(ModelVersion version) => Of(version, version.Heads.Select(head => new
    {
        Labeler = head.LabelerId.Length == 0 ? null : head.LabelerId,
        Annotations = head.AnnotationCount,
        head.Weight,
        WeightLower = head.HasWeightLower ? head.WeightLower : (double?)null,
        WeightUpper = head.HasWeightUpper ? head.WeightUpper : (double?)null,
        head.EstimatedAccuracy,
    }));

    private static object Of(ModelVersion version, object heads) => new
    {
        version.Name,
        version.Algorithm,
        version.Seed,
        version.Classes,
        version.FeatureLength,
        Settings = new SortedDictionary<string, string>(version.Settings, StringComparer.Ordinal),
        Heads = heads,
        version.Temperature,
        version.Distilled,
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
        State = version.State.ToString().ToLowerInvariant(),
        DeleteTime = version.DeleteTime?.ToDateTimeOffset(),
        DeletedBy = version.DeletedBy.Length == 0 ? null : version.DeletedBy,
        ErasedData = ErasureText.Data(version),
        EraseTime = version.EraseTime?.ToDateTimeOffset(),
        ParentVersion = version.ParentVersion.Length == 0 ? null : version.ParentVersion,
        ChampionVersion = version.ChampionVersion.Length == 0 ? null : version.ChampionVersion,
        Data = version.Data is { } data ? new
        {
            data.ItemCount,
            data.TrainItemCount,
            data.ValidationItemCount,
            data.TestItemCount,
            data.GoldItemCount,
            data.AnnotatedItemCount,
            data.AnnotationCount,
            data.LabelerCount,
            data.ClassAnnotationCounts,
        } : null,
    };
}
