using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;

namespace LabelerService.Core.Tests.Models;

public sealed class WarmStartRulesTests
{
    [Theory]
    [InlineData("pooled", null)]
    [InlineData("", "it takes features of datasets/d/backbones/pooled, so this run needs pretrained=pooled")]
    public void What_was_trained_on_an_extractors_features_of_images_is_gone_on_from_by_the_same_extractor_only(string pretrained, string? problem)
    {
        var schema = new DatasetSchema(["a", "b"], LabelKind.MultiClass, ItemKind.Image, [16, 16, 1]);
        var encoding = new ItemEncoding { Kind = ItemEncodingKind.Extracted, FeatureLength = 8, Backbone = "datasets/d/backbones/pooled" };
        var earlier = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["pretrained"] = "pooled" }).For(encoding);
        var version = new ModelManifest
        {
            Algorithm = "dn",
            Classes = schema.Classes,
            FeatureLength = 8,
            Encoding = encoding,
            Heads = [],
            Settings = earlier.Effective,
            Seed = 1,
            SnapshotId = "",
            CodeVersion = "",
            AnnotationCount = 1,
            Metrics = [],
            ParityMaxDifference = 0,
            TrainingSeconds = 1,
        };
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["pretrained"] = pretrained });
        var resolved = settings.For(WarmStartRules.EncodingOf(settings, schema, version));
        Assert.Equal(problem, WarmStartRules.Problem("dn", resolved.Effective, schema, version, hasWeights: true));
    }
}
