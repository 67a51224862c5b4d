using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Tests.Rendering;

public class DidYouMeanTests
{
    [Theory]
    [InlineData("trian", "train")]
    [InlineData("TRAIN", "train")]
    [InlineData("predcit", "predict")]
    [InlineData("predictins", "predictions")]
    [InlineData("consen", "consensus")]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_found_if_it_is_near(string given, string? meant) =>
        Assert.Equal(meant, DidYouMean.Nearest(given, ["train", "predict", "predictions", "consensus", "watch"]));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ca", "abc", 3)]
    public void Distances_are_those_of_the_definition(string one, string other, int distance)
    {
        Assert.Equal(distance, DidYouMean.Distance(one, other));
        Assert.Equal(distance, DidYouMean.Distance(other, one));
    }

    [Theory]
    [InlineData("trian", "did you mean train?")]
    [InlineData("dataset lst", "did you mean list?")]
    [InlineData("dataset list --jason", "did you mean --json?")]
    [InlineData("train scenes --modle wdn", "did you mean --model?")]
    [InlineData("import lables d", "did you mean labels?")]
    public async Task A_misspelt_command_or_option_is_answered_with_the_one_that_was_meant(string line, string hint)
    {
        var outcome = await CommandLine.RunAsync(line);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(hint, outcome.Error, StringComparison.Ordinal);
    }
}
