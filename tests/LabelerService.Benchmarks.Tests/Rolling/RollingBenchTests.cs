using LabelerService.Benchmarks.Tests.CommandLine;

namespace LabelerService.Benchmarks.Tests.Rolling;

public sealed class RollingBenchTests
{
    [Theory]
    [InlineData("--while")]
    [InlineData("--clients", "--while", "true", "--clients", "0")]
    [InlineData("--server", "--while", "true", "--server", "localhost")]
    public async Task What_cannot_be_measured_is_refused_at_once(string says, params string[] options)
    {
        var outcome = await Bench.RunAsync(["rolling", .. options]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
    }
}
