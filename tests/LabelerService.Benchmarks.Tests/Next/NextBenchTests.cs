using LabelerService.Benchmarks.Tests.CommandLine;
using LabelerService.Benchmarks.Tests.Datasets;

namespace LabelerService.Benchmarks.Tests.Next;

public sealed class NextBenchTests
{
    [Fact]
    public async Task The_document_has_figures_and_curves_of_every_policy()
    {
        using var data = new MadeUpData().WithMnist(60);
        var outcome = await Bench.RunAsync("next", "--json", "--seeds", "1", "--digits", "40", "--scale-items", "200", "--data", data.Path);

        Assert.Equal(0, outcome.ExitCode);
        Assert.InRange(outcome.Figure("mnist.random.final_accuracy"), 0, 100);
        Assert.InRange(outcome.Figure("mnist.labels_only.policy.final_accuracy"), 0, 100);
        Assert.InRange(outcome.Figure("simulated.suspects_precision"), outcome.Figure("simulated.random_precision") + 30, 100);
        Assert.True(outcome.Figure("simulated.log_loss_calibrated") < outcome.Figure("simulated.log_loss_by_consensus"));
        Assert.InRange(outcome.Figure("scale.suggestions"), 1, 1000);
        Assert.True(outcome.Document.GetProperty("figures").TryGetProperty("mnist.policy.labels_ratio", out _));
        var curve = outcome.Document.GetProperty("curves").GetProperty("mnist.policy");
        Assert.Equal(120, curve[curve.GetArrayLength() - 1].GetProperty("labels").GetInt32());
    }

    [Fact]
    public async Task Numbers_out_of_range_are_wrong_usage()
    {
        Assert.Equal(2, (await Bench.RunAsync("next", "--seeds", "0")).ExitCode);
        Assert.Equal(2, (await Bench.RunAsync("next", "--digits", "3")).ExitCode);
    }
}
