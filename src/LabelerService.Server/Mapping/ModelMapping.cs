using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using ModelRetention = LabelerService.Storage.Models.ModelRetention;
using WireCandidate = LabelerService.Contracts.V1.ModelCandidate;
using WireHead = LabelerService.Contracts.V1.ModelHead;
using WireRetention = LabelerService.Contracts.V1.ModelRetention;
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
            LatestVersion = record.LatestVersion == 0 ? "" : ResourceName.ModelVersion(dataset.Id, record.ModelId, record.LatestVersion),
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
            UpdateTime = Timestamp.FromDateTimeOffset(record.UpdateTime),
            DisplayName = record.DisplayName,
            Description = record.Description,
            Etag = Etag.Of(record.Version),
        };
        if (record.CanaryVersion is { } canary)
        {
            model.Canary = new ModelCanary
            {
                Version = ResourceName.ModelVersion(dataset.Id, record.ModelId, canary),
                Share = record.CanaryShare,
            };
        }

        if (record.Retention.IsOn)
        {
            model.Retention = new WireRetention
            {
                KeepNewest = record.Retention.Newest,
                KeepYounger = Duration.FromTimeSpan(record.Retention.Younger),
            };
        }

        model.Aliases.AddRange(aliases.Select(alias => new ModelAlias
        {
            Alias = alias.Alias,
            Version = ResourceName.ModelVersion(dataset.Id, record.ModelId, alias.ModelVersion),
            Etag = Etag.Of(alias.Version),
        }));
        return model;
    }

    // The numbers of the proto's kinds are those of the domain's.
    private static ModelEncoding ToEncoding(ModelManifest manifest)
    {
        var encoding = manifest.Encoding ?? ItemEncoding.OfValues(manifest.FeatureLength);
        return new ModelEncoding
        {
            Kind = (ModelEncoding.Types.Kind)encoding.Kind,
            StepLength = encoding.StepLength,
            MaxSteps = encoding.MaxSteps,
            Backbone = encoding.Backbone ?? "",
        };
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
            State = record.State == ModelVersionState.Deleted ? ModelVersion.Types.State.Deleted : ModelVersion.Types.State.Ready,
            DeletedBy = record.DeleteActor,
            ParentVersion = manifest.Parent is { } parent ? ResourceName.ModelVersion(dataset.Id, parent.ModelId, parent.Version) : "",
            ChampionVersion = record.ChampionVersion is { } champion ? ResourceName.ModelVersion(dataset.Id, record.ModelId, champion) : "",
            Data = ToData(manifest.Data),
            Encoding = ToEncoding(manifest),
        };
        if (record.DeleteTime is { } deleted)
        {
            version.DeleteTime = Timestamp.FromDateTimeOffset(deleted);
        }

        if (record is { ErasedData: { } erased, EraseTime: { } erasedAt })
        {
            // The numbers of the proto's values are those of the domain's.
            version.ErasedData = (ModelVersion.Types.ErasedData)erased;
            version.EraseTime = Timestamp.FromDateTimeOffset(erasedAt);
        }

        version.Heads.AddRange(manifest.Heads.Select(ToHead));
        version.Metrics.AddRange(manifest.Metrics.Select(ToMetric));
        foreach (var (key, value) in manifest.Settings)
        {
            version.Settings.Add(key, value);
        }

        version.Selection = ToSelection(manifest.Selection);
        return version;
    }

    /// <summary>The resource of a line of a model's history.</summary>
    public static AliasChange ToResource(DatasetRecord dataset, string modelId, ModelChangeRecord record) => new()
    {
        Kind = (AliasChange.Types.Kind)record.Kind,
        Alias = record.Alias,
        FromVersion = record.FromVersion is { } from ? ResourceName.ModelVersion(dataset.Id, modelId, from) : "",
        ToVersion = record.ToVersion is { } to ? ResourceName.ModelVersion(dataset.Id, modelId, to) : "",
        CanaryShare = record.CanaryShare ?? 0,
        Reason = record.Reason,
        Actor = record.Actor,
        CreateTime = Timestamp.FromDateTimeOffset(record.Time),
    };

    /// <summary>The retention that a request asks for; null and zero keep everything.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a duration that is not of whole seconds.</exception>
    public static ModelRetention ReadRetention(WireRetention? retention, string field)
    {
        var younger = retention?.KeepYounger ?? new Duration();
        return younger.Nanos == 0 && younger.Seconds is >= -Duration.MaxSeconds and <= Duration.MaxSeconds
            ? new ModelRetention(retention?.KeepNewest ?? 0, TimeSpan.FromSeconds(younger.Seconds))
            : throw ServiceException.InvalidField($"{field}.keep_younger", "must be a duration of whole seconds");
    }

    private static TrainingDataSummary? ToData(ModelDataSummary? data) => data is null ? null : new TrainingDataSummary
    {
        ItemCount = data.ItemCount,
        TrainItemCount = data.TrainItemCount,
        ValidationItemCount = data.ValidationItemCount,
        TestItemCount = data.TestItemCount,
        GoldItemCount = data.GoldItemCount,
        AnnotatedItemCount = data.AnnotatedItemCount,
        AnnotationCount = data.AnnotationCount,
        LabelerCount = data.LabelerCount,
        ClassAnnotationCounts = { data.ClassAnnotationCounts },
        AnnotationsPerItemMin = data.AnnotationsPerItem.Min,
        AnnotationsPerItemMedian = data.AnnotationsPerItem.Median,
        AnnotationsPerItemMax = data.AnnotationsPerItem.Max,
        AnnotationsPerLabelerMin = data.AnnotationsPerLabeler.Min,
        AnnotationsPerLabelerMedian = data.AnnotationsPerLabeler.Median,
        AnnotationsPerLabelerMax = data.AnnotationsPerLabeler.Max,
    };

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
