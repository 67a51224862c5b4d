using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Models;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using WireCandidate = LabelerService.Contracts.V1.ModelCandidate;
using WireHead = LabelerService.Contracts.V1.ModelHead;
using WireSelection = LabelerService.Contracts.V1.ModelSelection;

namespace LabelerService.Server.Mapping;

/// <summary>Models and versions between proto and domain.</summary>
internal static class ModelMapping
{
    /// <summary>The resource of a stored model.</summary>
    public static Model ToResource(DatasetRecord dataset, ModelRecord record, IReadOnlyList<ModelAliasRecord> aliases)
    {
        var model = new Model
        {
            Name = ResourceName.Model(dataset.Id, record.ModelId),
            LatestVersion = ResourceName.ModelVersion(dataset.Id, record.ModelId, record.LatestVersion),
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
        };
        model.Aliases.AddRange(aliases.Select(alias => new ModelAlias
        {
            Alias = alias.Alias,
            Version = ResourceName.ModelVersion(dataset.Id, record.ModelId, alias.ModelVersion),
            Etag = Etag.Of(alias.Version),
        }));
        return model;
    }

    /// <summary>The resource of a stored version.</summary>
    public static ModelVersion ToResource(DatasetRecord dataset, ModelVersionRecord record)
    {
        var manifest = record.Manifest;
        var version = new ModelVersion
        {
            Name = ResourceName.ModelVersion(dataset.Id, record.ModelId, record.Version),
            Algorithm = manifest.Algorithm,
            Classes = { manifest.Classes },
            FeatureLength = manifest.FeatureLength,
            Seed = manifest.Seed,
            SnapshotId = manifest.SnapshotId,
            AnnotationCount = manifest.AnnotationCount,
            CodeVersion = manifest.CodeVersion,
            TrainingRun = ResourceName.TrainingRun(dataset.Id, record.RunId),
            ArtefactSha256 = record.ArtefactSha256,
            ArtefactBytes = record.ArtefactLength,
            ParityMaxDifference = manifest.ParityMaxDifference,
            TrainingSeconds = manifest.TrainingSeconds,
            Temperature = manifest.Temperature,
            Distilled = manifest.Distilled,
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
        };
        version.Heads.AddRange(manifest.Heads.Select(ToHead));
        version.Metrics.AddRange(manifest.Metrics.Select(ToMetric));
        foreach (var (key, value) in manifest.Settings)
        {
            version.Settings.Add(key, value);
        }

        version.Selection = ToSelection(manifest.Selection);
        return version;
    }

    private static WireHead ToHead(Core.Models.ModelHead head)
    {
        var wire = new WireHead
        {
            LabelerId = head.LabelerId ?? "",
            AnnotationCount = head.AnnotationCount,
            Weight = head.Weight,
            EstimatedAccuracy = head.EstimatedAccuracy,
        };
        if (head is { WeightLow: { } low, WeightHigh: { } high })
        {
            (wire.WeightLower, wire.WeightUpper) = (low, high);
        }

        return wire;
    }

    private static WireSelection? ToSelection(Core.Models.ModelSelection? selection) => selection is null ? null : new WireSelection
    {
        Criterion = selection.Criterion,
        Chosen = selection.Chosen,
        Reason = selection.Reason,
        Candidates =
        {
            selection.Candidates.Select(candidate => new WireCandidate
            {
                Name = candidate.Name,
                LogLikelihood = candidate.LogLikelihood,
                DifferenceStandardError = candidate.DifferenceStandardError,
            }),
        },
    };

    private static Metric ToMetric(ModelMetric metric)
    {
        var resource = new Metric { Metric_ = metric.Name, Split = metric.Split, Value = metric.Value, Count = metric.Count };
        if (metric is { Low: { } low, High: { } high })
        {
            (resource.Lower, resource.Upper) = (low, high);
        }

        return resource;
    }
}
