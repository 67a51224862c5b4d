using LabelerService.Benchmarks.Aggregate;
using LabelerService.Benchmarks.Tests.CommandLine;
using LabelerService.Core.Aggregation;

namespace LabelerService.Benchmarks.Tests.Aggregate;

public sealed class AggregateBenchTests
{
    [Fact]
    public async Task Without_the_public_crowds_the_generated_ones_are_measured_and_the_rest_is_a_failure()
    {
        var outcome = await Bench.RunAsync("aggregate", "--annotations", "1000000", "--json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("--data DIR", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(20, outcome.Figure("one_million.ds.iterations"));
        Assert.True(outcome.Figure("one_million.ds.accuracy") > 99);
        Assert.True(outcome.Figure("one_million.ds.peak_mib") > 0);
    }

    [Fact]
    public void A_generated_crowd_is_as_large_as_said_and_nobody_answers_twice_about_an_item()
    {
        var crowd = GeneratedCrowd.Draw("test", 300_000, seed: 2);

        Assert.Equal((300_000, 3000, 300, 5), (crowd.Table.Count, crowd.Table.ItemCount, crowd.Table.LabelerCount, crowd.Table.ClassCount));
        for (var n = 0; n < crowd.Table.ItemCount; n++)
        {
            var (start, end) = crowd.Table.RangeOfItem(n);
            Assert.Equal(GeneratedCrowd.LabelsPerItem, crowd.Table.Labelers[start..end].ToArray().Distinct().Count());
        }

        Assert.InRange(crowd.Accuracy(MajorityVote.Posteriors(crowd.Table)), 0.5, 0.999);
    }

    [Fact]
    public void A_tie_counts_as_the_chance_of_a_fair_draw()
    {
        var table = GeneratedCrowd.Draw("test", 100_000, seed: 1).Table;
        var truth = new int[table.ItemCount];
        Array.Fill(truth, -1);
        (truth[0], truth[1]) = (2, 1);
        var posteriors = new double[table.ItemCount * 5];
        (posteriors[2], posteriors[3], posteriors[5]) = (0.5, 0.5, 1);

        Assert.Equal(0.25, new LabelledCrowd("test", table, truth).Accuracy(posteriors));
    }
}
