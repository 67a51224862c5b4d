using LabelerService.Benchmarks.Tests.CommandLine;

namespace LabelerService.Benchmarks.Tests.Quantized;

public sealed class QuantizedBenchTests
{
    [Theory]
    [InlineData("--seeds", "0")]
    [InlineData("--bits", "9")]
    [InlineData("--bits", "0")]
    [InlineData("--dataset", "imagenet")]
    public async Task What_cannot_be_measured_is_refused_at_once(params string[] options)
    {
        var outcome = await Bench.RunAsync(["quantized", .. options]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(options[0], outcome.Error, StringComparison.Ordinal);
    }
}
