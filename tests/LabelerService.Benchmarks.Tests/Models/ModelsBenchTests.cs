using LabelerService.Benchmarks.Tests.CommandLine;
using LabelerService.Benchmarks.Tests.Datasets;

namespace LabelerService.Benchmarks.Tests.Models;

public sealed class ModelsBenchTests
{
    [Fact]
    public async Task Figures_of_a_model_are_the_means_over_its_seeds()
    {
        using var data = new MadeUpData().WithLabelMe();
        var outcome = await Bench.RunAsync(
            "models", "--dataset", "labelme", "--models", "bn[target=majority]", "--seeds", "2", "--set", "epochs=30", "--data", data.Path, "--json");

        Assert.Equal(0, outcome.ExitCode);
        var accuracies = outcome.Document.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("accuracy").GetDouble()).ToArray();
        Assert.Equal(2, accuracies.Length);
        Assert.Equal(accuracies.Average(), outcome.Figure("labelme.bn[target=majority].accuracy"), 6);
        Assert.Equal(Math.Abs(accuracies[0] - accuracies[1]) / Math.Sqrt(2), outcome.Figure("labelme.bn[target=majority].sd"), 6);
        Assert.InRange(outcome.Figure("labelme.bn[target=majority].accuracy"), 70, 100);
        Assert.InRange(outcome.Figure("labelme.bn[target=majority].log_loss"), 0, 2);
        Assert.InRange(outcome.Figure("labelme.bn[target=majority].ece"), 0, 100);
        Assert.True(outcome.Figure("labelme.bn[target=majority].seconds") > 0);
        Assert.Equal("majority", outcome.Document.GetProperty("runs")[0].GetProperty("settings").GetProperty("target").GetString());
    }

    [Fact]
    public async Task The_weights_of_the_weighted_net_are_shown_labeler_by_labeler()
    {
        using var data = new MadeUpData().WithLabelMe();
        var outcome = await Bench.RunAsync(
            "models", "--dataset", "labelme", "--models", "wdn", "--seeds", "1", "--set", "epochs=2", "--data", data.Path, "--json");

        Assert.Equal(0, outcome.ExitCode);
        var weights = outcome.Document.GetProperty("averaging_weights").EnumerateArray().ToArray();
        Assert.Equal(
            [null, "labeler-0", "labeler-1", "labeler-2"], weights.Select(weight => weight.GetProperty("labeler").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal(1, weights.Sum(weight => weight.GetProperty("weight").GetDouble()), 5);
    }

    [Fact]
    public async Task The_consensus_on_training_items_has_a_figure_apart_from_the_algorithm_of_that_name()
    {
        using var data = new MadeUpData().WithLabelMe();
        var outcome = await Bench.RunAsync("models", "--dataset", "labelme", "--models", "consensus,bn", "--seeds", "1", "--data", data.Path, "--json");

        Assert.Equal(0, outcome.ExitCode);
        Assert.InRange(outcome.Figure("labelme.consensus_net.accuracy"), 80, 100);
        Assert.InRange(outcome.Figure("labelme.consensus.accuracy"), 80, 100);
        Assert.Equal(outcome.Figure("labelme.consensus_net.consensus_accuracy"), outcome.Figure("labelme.consensus.accuracy"));
        Assert.False(outcome.Document.GetProperty("figures").TryGetProperty("labelme.bn.consensus_accuracy", out _));
    }

    [Fact]
    public async Task A_model_that_fails_is_reported_and_the_others_still_run()
    {
        using var data = new MadeUpData().WithLabelMe();
        var outcome = await Bench.RunAsync(
            "models", "--dataset", "labelme", "--models", "dn[head=cumulative],bn", "--seeds", "1", "--set", "epochs=2", "--data", data.Path,
            "--json");

        Assert.Equal(1, outcome.ExitCode);
        var failure = Assert.Single(outcome.Document.GetProperty("failures").EnumerateArray());
        Assert.Contains("dn[head=cumulative] seed 1", failure.GetProperty("what").GetString(), StringComparison.Ordinal);
        Assert.True(outcome.Document.GetProperty("figures").TryGetProperty("labelme.bn.accuracy", out _));
        Assert.Contains("dn[head=cumulative]", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_data_sets_run_in_one_go_and_one_that_is_missing_is_a_failure()
    {
        using var data = new MadeUpData().WithLabelMe().WithSentiment(50);
        var outcome = await Bench.RunAsync("models", "--models", "bn", "--seeds", "1", "--set", "epochs=2", "--data", data.Path, "--json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("mnist", Assert.Single(outcome.Document.GetProperty("failures").EnumerateArray()).GetProperty("what").GetString());
        Assert.True(outcome.Document.GetProperty("figures").TryGetProperty("labelme.bn.accuracy", out _));
        Assert.True(outcome.Document.GetProperty("figures").TryGetProperty("sentiment.bn.accuracy", out _));
    }

    [Fact]
    public async Task Without_json_a_table_goes_to_standard_output()
    {
        using var data = new MadeUpData().WithMnist(50);
        var outcome = await Bench.RunAsync("models", "--dataset", "mnist", "--models", "bn", "--seeds", "1", "--set", "epochs=2", "--data", data.Path);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("accuracy %", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("mnist bn seed 1", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("seed 1", outcome.Output, StringComparison.Ordinal);
    }
}
