using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Encodings;
using LabelerService.Server.Validation;
using LabelerService.Storage.Backbones;

namespace LabelerService.Server.Mapping;

/// <summary>Translates backbones.</summary>
internal static class BackboneMapping
{
    // Channels of an image: a scale for each.
    private const int MostScales = 4_096;

    /// <summary>The resource of a stored backbone.</summary>
    public static Backbone ToResource(BackboneRecord record)
    {
        // The numbers of the proto's kinds and layouts are those of the domain's.
        var manifest = record.Manifest;
        var resource = new Backbone
        {
            Name = record.Name,
            Uid = record.Uid.ToString("D"),
            Kind = (Backbone.Types.Kind)manifest.Source,
            DisplayName = record.DisplayName,
            FeatureLength = manifest.FeatureLength,
            ArtefactSha256 = record.ArtefactSha256,
            ArtefactBytes = record.ArtefactLength,
            Algorithm = manifest.Algorithm,
            SnapshotId = manifest.SnapshotId,
            TrainingRun = record.RunId is null ? "" : ResourceName.TrainingRun(record.DatasetId, record.RunId),
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
        };
        if (manifest.Extractor is { } input)
        {
            resource.Extractor = new ExtractorSpec { Input = input.Input, Output = input.Output, Layout = (ExtractorSpec.Types.Layout)input.Layout };
            resource.Extractor.Mean.Add(input.Mean);
            resource.Extractor.Deviation.Add(input.Deviation);
        }

        resource.Settings.Add(manifest.Settings.ToDictionary());
        resource.Metrics.Add(manifest.Metrics.ToDictionary());
        return resource;
    }

    /// <summary>Reads how an uploaded model reads items.</summary>
    public static ExtractorInput ReadExtractor(ExtractorSpec? spec, RequestValidator validator)
    {
        spec ??= new ExtractorSpec();
        validator.Require(System.Enum.IsDefined(spec.Layout), "backbone.extractor.layout", "is not a layout this service knows");
        validator.Text(spec.Input, "backbone.extractor.input");
        validator.Text(spec.Output, "backbone.extractor.output");
        validator.Require(spec.Mean.Count <= MostScales, "backbone.extractor.mean", "has more values than an image has channels");
        validator.Require(spec.Deviation.Count <= MostScales, "backbone.extractor.deviation", "has more values than an image has channels");
        return new ExtractorInput
        {
            Input = spec.Input,
            Output = spec.Output,
            Layout = (PixelLayout)spec.Layout,
            Mean = [.. spec.Mean],
            Deviation = [.. spec.Deviation],
        };
    }
}
