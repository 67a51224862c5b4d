using LabelerService.Server.OpenInference;

namespace LabelerService.Server.Tests.OpenInference;

public sealed class InferenceModelNameTests
{
    [Theory]
    [InlineData("labelme.wdn")]
    [InlineData("datasets/labelme/models/wdn")]
    public void Both_forms_of_a_name_mean_the_same_model(string name) =>
        Assert.Equal(new InferenceModelName("labelme", "wdn"), InferenceModelName.Parse(name, "model_name"));

    [Theory]
    [InlineData("")]
    [InlineData("wdn")]
    [InlineData(".wdn")]
    [InlineData("labelme.")]
    [InlineData("labelme.wdn.3")]
    [InlineData("labelme/wdn")]
    [InlineData("LabelMe.wdn")]
    [InlineData("datasets/labelme/models/wdn/versions/3")]
    [InlineData("datasets/../models/wdn")]
    public void Other_names_are_refused(string name) =>
        Assert.Equal("model_name", TensorCodecTests.Refused(() => InferenceModelName.Parse(name, "model_name")));

    [Theory]
    [InlineData("", null, null)]
    [InlineData("3", 3, null)]
    [InlineData("champion", null, "champion")]
    [InlineData("2-old", null, "2-old")]
    public void A_version_is_a_number_an_alias_or_left_to_the_server(string version, int? number, string? alias) =>
        Assert.Equal((number, alias), InferenceModelName.ParseVersion(version, "model_version"));

    [Theory]
    [InlineData("0")]
    [InlineData("99999999999")]
    [InlineData("-1x!")]
    [InlineData("Champion")]
    [InlineData("٣")]
    public void Other_versions_are_refused(string version) =>
        Assert.Equal("model_version", TensorCodecTests.Refused(() => InferenceModelName.ParseVersion(version, "model_version")));
}
