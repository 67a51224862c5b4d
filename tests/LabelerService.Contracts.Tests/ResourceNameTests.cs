using CsCheck;

namespace LabelerService.Contracts.Tests;

[Trait("Suite", "security")]
public sealed class ResourceNameTests
{
    private static readonly Gen<string> Id = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789-"].Array[1, 63].Select(chars => new string(chars));

    [Fact]
    public void Every_name_built_is_taken_apart_into_what_it_was_built_from() =>
        Gen.Select(Id, Id, Gen.Int[1, int.MaxValue]).Sample((dataset, id, number) =>
        {
            Assert.True(ResourceName.TryParseDataset(ResourceName.Dataset(dataset), out var parsedDataset));
            Assert.Equal(dataset, parsedDataset);
            Assert.True(ResourceName.TryParseModelVersion(ResourceName.ModelVersion(dataset, id, number), out parsedDataset, out var model, out var version));
            Assert.Equal((dataset, id, number), (parsedDataset, model, version));
            Assert.True(ResourceName.TryParseTrainingRun(ResourceName.TrainingRun(dataset, id), out parsedDataset, out var run));
            Assert.Equal((dataset, id), (parsedDataset, run));
            Assert.True(ResourceName.TryParseNumbered(ResourceName.Item(dataset, number), "items", out parsedDataset, out var item));
            Assert.Equal((dataset, (long)number), (parsedDataset, item));
            Assert.False(ResourceName.TryParseNumbered(ResourceName.Labeler(dataset, number), "items", out _, out _));
        });

    [Fact]
    public void Whatever_is_taken_apart_holds_only_harmless_ids() =>
        Gen.OneOf(Gen.String, Gen.String.Select(text => "datasets/" + text)).Sample(name =>
        {
            if (ResourceName.TryParseDataset(name, out var dataset))
            {
                Assert.Matches("^[a-z0-9-]{1,63}$", dataset);
                Assert.Equal(name, ResourceName.Dataset(dataset));
            }
        });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("datasets")]
    [InlineData("datasets/")]
    [InlineData("/datasets/a")]
    [InlineData("datasets/a/")]
    [InlineData("datasets/A")]
    [InlineData("datasets/a b")]
    [InlineData("datasets/..")]
    [InlineData("datasets/a%2fb")]
    [InlineData("datasets/ä")]
    [InlineData("datasets/a\n")]
    [InlineData("Datasets/a")]
    public void A_malformed_dataset_is_refused(string? name) => Assert.False(ResourceName.TryParseDataset(name, out _));

    [Fact]
    public void An_id_of_64_characters_is_too_long()
    {
        Assert.True(ResourceName.IsId(new string('a', 63)));
        Assert.False(ResourceName.IsId(new string('a', 64)));
    }

    [Theory]
    [InlineData("datasets/a/models/m/versions/0")]
    [InlineData("datasets/a/models/m/versions/-1")]
    [InlineData("datasets/a/models/m/versions/99999999999999999999")]
    [InlineData("datasets/a/models/m/versions/one")]
    [InlineData("datasets/a/models/m")]
    public void A_malformed_version_is_refused(string name) => Assert.False(ResourceName.TryParseModelVersion(name, out _, out _, out _));
}
