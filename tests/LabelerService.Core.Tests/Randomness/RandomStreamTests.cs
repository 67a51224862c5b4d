using LabelerService.Core.Randomness;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Tests.Randomness;

public sealed class RandomStreamTests
{
    private const int Draws = 20_000;

    // Kolmogorov–Smirnov at 1e-4: √N·D stays below 2.23.
    private const double Limit = 2.23;

    [Theory]
    [InlineData(0.05, 0.3)]
    [InlineData(0.7, 2)]
    [InlineData(3, 1)]
    [InlineData(40, 25)]
    public void Beta_variates_have_the_distribution_function_of_Beta(double a, double b)
    {
        var random = new RandomStream(7);
        var sorted = Enumerable.Range(0, Draws).Select(_ => Math.Exp(random.NextLogBeta(a, b).Log)).Order().ToArray();

        Assert.InRange(Math.Sqrt(Draws) * Distance(sorted, x => BetaDistribution.Cdf(a, b, x)), 0, Limit);
    }

    [Fact]
    public void Uniform_numbers_fill_the_interval_and_streams_differ()
    {
        var random = new RandomStream(1, 2, 3);
        var sorted = Enumerable.Range(0, Draws).Select(_ => random.NextDouble()).Order().ToArray();

        Assert.InRange(Math.Sqrt(Draws) * Distance(sorted, x => x), 0, Limit);
        var first = new[] { new RandomStream(1, 2, 3), new(1, 2, 4), new(1, 3, 3), new(2, 2, 3), new(1, 3, 2) }.Select(s => s.NextBits());
        Assert.Equal(5, first.Distinct().Count());
        Assert.Equal(new RandomStream(1, 2, 3).NextBits(), new RandomStream(1, 2, 3).NextBits());
    }

    // χ² of the cells with an expectation of 5 and more, at 1e-4 by Wilson and Hilferty's approximation.
    [Theory]
    [InlineData(1, 0.3)]
    [InlineData(7, 0.5)]
    [InlineData(20, 0.92)]
    [InlineData(60, 0.4)]
    [InlineData(500, 0.11)]
    [InlineData(100_000, 0.0002)]
    public void Binomial_variates_have_the_probabilities_of_the_binomial(int trials, double probability)
    {
        var random = new RandomStream(11, trials);
        var counts = new double[trials + 1];
        for (var i = 0; i < Draws; i++)
        {
            counts[random.NextBinomial(trials, probability)]++;
        }

        double square = 0, cells = 0, restExpected = 0, rest = 0, log = trials * Math.Log(1 - probability);
        for (var k = 0; k <= trials; k++)
        {
            var expected = Draws * Math.Exp(log);
            log += Math.Log((double)(trials - k) / (k + 1) * probability / (1 - probability));
            if (expected < 5)
            {
                rest += counts[k];
                restExpected += expected;
                continue;
            }

            square += (counts[k] - expected) * (counts[k] - expected) / expected;
            cells++;
        }

        square += restExpected > 1 ? (rest - restExpected) * (rest - restExpected) / restExpected : 0;
        var limit = cells * Math.Pow(1 - (2 / (9 * cells)) + (3.72 * Math.Sqrt(2 / (9 * cells))), 3);
        Assert.InRange(square, 0, limit);
    }

    [Fact]
    public void Cells_are_chosen_by_their_weights_and_never_without()
    {
        var random = new RandomStream(3);
        double[] weights = [0, 0.5, 0, 1.5, 0];
        var counts = new int[5];
        for (var i = 0; i < Draws; i++)
        {
            counts[random.Choose(weights, 2)]++;
        }

        Assert.Equal(0, counts[0] + counts[2] + counts[4]);
        Assert.Equal(0.25, (double)counts[1] / Draws, 4 * Math.Sqrt(0.25 * 0.75 / Draws));
    }

    private static double Distance(double[] sorted, Func<double, double> distribution) => sorted.Select(
        (x, i) => Math.Max(Math.Abs(distribution(x) - ((double)i / sorted.Length)), Math.Abs(distribution(x) - ((i + 1.0) / sorted.Length)))).Max();
}
