namespace LabelerService.Benchmarks.Tests.CommandLine;

public sealed class UsageTests
{
    [Theory]
    [InlineData()]
    [InlineData("nonsense")]
    [InlineData("--json")]
    public async Task Without_a_bench_that_there_is_the_list_is_shown_and_the_usage_is_wrong(params string[] arguments)
    {
        var outcome = await Bench.RunAsync(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        foreach (var name in (string[])["aggregate", "capacity", "images", "ingest", "models", "next", "noise", "soak", "train"])
        {
            Assert.Contains($"bench {name} ", outcome.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("models", "--help")]
    public async Task Help_is_no_failure(params string[] arguments)
    {
        var outcome = await Bench.RunAsync(arguments);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("models", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no model \"nonsense\"", "models", "--models", "bn,nonsense")]
    [InlineData("not key=value", "models", "--set", "epochs")]
    [InlineData("none of the models has this setting", "models", "--set", "nonsense=1")]
    [InlineData("--seeds 0", "models", "--seeds", "0")]
    [InlineData("twice", "models", "--models", "bn,bn")]
    [InlineData("none of labelme", "models", "--dataset", "nonsense")]
    [InlineData("--annotations 999", "aggregate", "--annotations", "999")]
    [InlineData("--workers -1", "aggregate", "--workers", "-1")]
    [InlineData("--rounds 1", "train", "--rounds", "1")]
    [InlineData("--minutes 0", "soak", "--minutes", "0")]
    [InlineData("--rows 99", "capacity", "--rows", "99")]
    [InlineData("no folder /nowhere/at/all", "noise", "--data", "/nowhere/at/all")]
    public async Task What_cannot_be_meant_is_refused_with_a_word_about_it(string word, params string[] arguments)
    {
        var outcome = await Bench.RunAsync(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(word, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }
}
