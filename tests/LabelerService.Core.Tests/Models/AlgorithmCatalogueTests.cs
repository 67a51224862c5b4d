using CsCheck;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;

namespace LabelerService.Core.Tests.Models;

public sealed class AlgorithmCatalogueTests
{
    private static readonly Dictionary<string, string> None = [];

    [Theory]
    [InlineData("bn")]
    [InlineData("dn")]
    [InlineData("wdn")]
    public void Every_default_is_a_valid_setting_and_takes_effect(string algorithm)
    {
        var descriptor = AlgorithmCatalogue.Find(algorithm)!;
        var defaults = AlgorithmCatalogue.Validate(algorithm, None);
        var spelledOut = AlgorithmCatalogue.Validate(
            algorithm, descriptor.Settings.ToDictionary(setting => setting.Key, setting => setting.Default));

        Assert.Equal(descriptor.Settings.Select(setting => setting.Key).Order(StringComparer.Ordinal), defaults.Effective.Keys);
        Assert.Equal(defaults.Effective, spelledOut.Effective);
        Assert.Equal(defaults.HiddenSizes, spelledOut.HiddenSizes);
        Assert.All(descriptor.Settings, setting => Assert.NotEmpty(setting.Description));
    }

    [Fact]
    public void Defaults_are_the_reference_setting()
    {
        var settings = AlgorithmCatalogue.Validate("wdn", None);

        Assert.Equal(BackboneKind.Auto, settings.Backbone);
        Assert.Equal(BackboneKind.Mlp, settings.For(ItemEncoding.OfValues(512)).Backbone);
        Assert.Equal([128], settings.HiddenSizes);
        Assert.Equal(0.5, settings.Dropout);
        Assert.Equal(0.001, settings.LearningRate);
        Assert.Equal(50, settings.Epochs);
        Assert.Equal(64, settings.BatchSize);
    }

    [Fact]
    public void Settings_given_as_text_arrive_typed_and_in_canonical_form()
    {
        var settings = AlgorithmCatalogue.Validate("bn", new Dictionary<string, string>
        {
            ["hidden"] = " 64, 32 ",
            ["learning_rate"] = "1e-2",
            ["target"] = "Majority",
            ["feature_transform"] = "log1p",
        });

        Assert.Equal([64, 32], settings.HiddenSizes);
        Assert.Equal(0.01, settings.LearningRate);
        Assert.Equal(LabelTarget.Majority, settings.Target);
        Assert.Equal(FeatureTransform.Log1p, settings.FeatureTransform);
        Assert.Equal("64,32", settings.Effective["hidden"]);
        Assert.Equal("0.01", settings.Effective["learning_rate"]);
        Assert.Equal("majority", settings.Effective["target"]);
    }

    [Fact]
    public void An_unknown_algorithm_is_refused_with_the_known_ones()
    {
        var error = Assert.Throws<ServiceException>(() => AlgorithmCatalogue.Validate("resnet", None));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Equal("algorithm", Assert.Single(error.Violations).Field);
        Assert.Contains("bn, dn, wdn", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("epochs", "0")]
    [InlineData("epochs", "many")]
    [InlineData("epochs", "1.5")]
    [InlineData("epochs", "99999999999999999999")]
    [InlineData("dropout", "1")]
    [InlineData("dropout", "NaN")]
    [InlineData("learning_rate", "Infinity")]
    [InlineData("learning_rate", "")]
    [InlineData("backbone", "resnet")]
    [InlineData("hidden", "")]
    [InlineData("hidden", "128,0")]
    [InlineData("hidden", "1,2,3,4,5,6,7,8,9")]
    [InlineData("target", "mean")]
    [InlineData("no_such_setting", "1")]
    public void A_bad_setting_is_refused_by_its_path(string key, string value)
    {
        var error = Assert.Throws<ServiceException>(
            () => AlgorithmCatalogue.Validate("wdn", new Dictionary<string, string> { [key] = value }));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Equal($"settings[{key}]", Assert.Single(error.Violations).Field);
    }

    [Fact]
    public void All_bad_settings_are_named_at_once()
    {
        var error = Assert.Throws<ServiceException>(() => AlgorithmCatalogue.Validate(
            "dn", new Dictionary<string, string> { ["epochs"] = "-1", ["batch_size"] = "x", ["what"] = "1" }));

        Assert.Equal(
            ["settings[batch_size]", "settings[epochs]", "settings[what]"],
            error.Violations.Select(violation => violation.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Validating_effective_settings_again_changes_nothing() =>
        Gen.Select(Gen.Double[1e-7, 1], Gen.Int[1, 100_000], Gen.Int[1, 8192].Array[1, 8]).Sample((rate, epochs, hidden) =>
        {
            var once = AlgorithmCatalogue.Validate("wdn", new Dictionary<string, string>
            {
                ["learning_rate"] = rate.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
                ["epochs"] = epochs.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["hidden"] = string.Join(',', hidden),
            });
            var twice = AlgorithmCatalogue.Validate("wdn", once.Effective);
            return once.Effective.SequenceEqual(twice.Effective) && twice.LearningRate == rate && twice.Epochs == epochs;
        });
}
