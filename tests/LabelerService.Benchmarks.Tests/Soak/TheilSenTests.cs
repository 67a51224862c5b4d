using LabelerService.Benchmarks.Reporting;
using LabelerService.Benchmarks.Soak;

namespace LabelerService.Benchmarks.Tests.Soak;

public sealed class TheilSenTests
{
    [Fact]
    public void A_line_is_found_though_a_quarter_of_the_points_lie_anywhere()
    {
        var random = new Random(1);
        var points = Enumerable.Range(0, 40).Select(x => ((double)x, x % 4 == 1 ? 1_000 * random.NextDouble() : 3 + (0.5 * x))).ToArray();
        var line = TheilSen.Fit(points);
        Assert.Equal(0.5, line.Slope, 9);
        Assert.InRange(0.5, line.Low, line.High);
        Assert.False(line.IsFlat(1_000));
    }

    [Fact]
    public void The_interval_holds_the_slope_in_about_95_of_100_cases()
    {
        var random = new Random(2);
        var (held, flat) = (0, 0);
        for (var trial = 0; trial < 400; trial++)
        {
            var noise = Enumerable.Range(0, 30).Select(x => ((double)x, random.NextDouble() + random.NextDouble() - 1)).ToArray();
            var line = TheilSen.Fit(noise);
            held += line.Low <= 0 && line.High >= 0 ? 1 : 0;
            flat += TheilSen.Fit([.. noise.Select(point => (point.Item1, point.Item2 + (0.2 * point.Item1)))]).IsFlat(60) ? 1 : 0;
        }

        Assert.InRange(held, 370, 396);
        Assert.Equal(0, flat);
    }

    [Fact]
    public void What_never_changes_is_flat_and_what_grows_steadily_is_not()
    {
        Assert.True(TheilSen.Fit([(0, 7), (1, 7), (2, 7), (3, 7)]).IsFlat(60));
        var growing = TheilSen.Fit([.. Enumerable.Range(0, 30).Select(x => ((double)x, 0.01 * x))]);
        Assert.Equal((0.01, false), (Math.Round(growing.Slope, 9), growing.IsFlat(60)));
    }

    [Fact]
    public void A_line_needs_three_points() => Assert.Throws<ArgumentException>(() => TheilSen.Fit([(0, 1), (1, 2)]));

    [Fact]
    public void Blocks_hold_every_sample_once()
    {
        var samples = Enumerable.Range(0, 299).Select(i => ((double)i, (double)(i / 10))).ToArray();
        var blocks = SoakBench.BlockMedians(samples);
        Assert.Equal(30, blocks.Count);
        Assert.Equal(blocks.Order(), blocks);
        Assert.Equal((1, 1), (SoakBench.BlockMedians([(5, 6)]).Count, SoakBench.BlockMedians([(5, 6)]).Select(block => block.Value == 6).Count(same => same)));
    }
}
