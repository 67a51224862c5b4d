using LabelerService.Benchmarks.Tests.CommandLine;
using LabelerService.Benchmarks.Tests.Datasets;

namespace LabelerService.Benchmarks.Tests.Images;

public sealed class ImagesBenchTests
{
    [Fact]
    public async Task Convolutional_nets_are_measured_against_the_vote_they_learnt_from()
    {
        using var data = new MadeUpData().WithMnist(300, side: 12);
        var outcome = await Bench.RunAsync(
            "images", "--seeds", "1", "--models", "bn[target=majority],wdn", "--set", "epochs=2", "--digits", "200", "--data", data.Path, "--json");

        Assert.Equal(0, outcome.ExitCode);
        // Fewer than three of four annotations are right, and three of them together are right more often than one.
        Assert.InRange(outcome.Figure("mnist.annotations.accuracy"), 30, 75);
        Assert.InRange(outcome.Figure("mnist.majority_vote.accuracy"), outcome.Figure("mnist.annotations.accuracy"), 90);
        Assert.InRange(outcome.Figure("mnist.bn[target=majority].accuracy"), 0, 100);
        Assert.InRange(outcome.Figure("mnist.wdn.accuracy"), 0, 100);
    }

    [Fact]
    public async Task A_negative_number_of_digits_is_refused()
    {
        var outcome = await Bench.RunAsync("images", "--digits", "-1");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--digits -1", outcome.Error, StringComparison.Ordinal);
    }
}
