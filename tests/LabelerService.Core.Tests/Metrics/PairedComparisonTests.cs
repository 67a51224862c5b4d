using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Metrics;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Metrics;

public sealed class PairedComparisonTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(3, 3, 1)]
    [InlineData(0, 5, 0.0625)]
    [InlineData(1, 9, 0.021484375)]
    [InlineData(59, 121, 4.434e-6)]
    public void McNemar_is_the_two_sided_binomial(int one, int other, double p)
    {
        Assert.Equal(1, PairedComparison.McNemarP(one, other) / p, 1e-3);
        Assert.Equal(PairedComparison.McNemarP(one, other), PairedComparison.McNemarP(other, one));
    }

    [Fact]
    public void McNemar_equals_the_sum_of_binomial_terms() => Gen.Select(Gen.Int[0, 25], Gen.Int[0, 25]).Sample((one, other) =>
    {
        double term = Math.Pow(0.5, one + other), sum = 0;
        for (var k = 0; k <= Math.Min(one, other); k++)
        {
            sum += term;
            term *= (double)(one + other - k) / (k + 1);
        }

        Assert.Equal(Math.Min(1, 2 * sum), PairedComparison.McNemarP(one, other), 1e-12);
    });

    [Fact]
    public void McNemar_of_millions_meets_the_normal_curve()
    {
        // One standard deviation of 4,000,000 fair coins is 1,000: 1.96 of them leave 5 %.
        Assert.Equal(0.05, PairedComparison.McNemarP(2_000_000 - 1960, 2_000_000 + 1960), 1e-4);
        Assert.Equal(0, PairedComparison.McNemarP(0, 2_000_000_000));
    }

    [Fact]
    public void Differences_are_the_second_minus_the_first()
    {
        // The first model is right on items 0 and 1, the second on 0, 2 and 3.
        float[] first = [0.8f, 0.2f, 0.6f, 0.4f, 0.7f, 0.3f, 0.9f, 0.1f];
        float[] second = [0.9f, 0.1f, 0.3f, 0.7f, 0.2f, 0.8f, 0.4f, 0.6f];

        var result = PairedComparison.Compare(first, second, [0, 0, 1, 1], 2, 200, seed: 1);

        Assert.Equal(0.25, result.AccuracyDifference);
        Assert.Equal((1, 2, 4), (result.OnlyFirstRight, result.OnlySecondRight, result.Count));
        Assert.Equal(1, result.McNemarP);
        Assert.Equal(-(Math.Log(0.9 * 0.3 * 0.8 * 0.6) - Math.Log(0.8 * 0.6 * 0.3 * 0.1)) / 4, result.LogLossDifference, 1e-6);
        Assert.InRange(result.AccuracyDifference, result.AccuracyInterval.Low, result.AccuracyInterval.High);
    }

    [Fact]
    public void A_model_does_not_differ_from_itself()
    {
        float[] model = [0.8f, 0.2f, 0.6f, 0.4f];

        var result = PairedComparison.Compare(model, model, [0, 1], 2, 50, seed: 1);

        Assert.Equal(new PairedResult(2, 0, new Interval(0, 0), 0, new Interval(0, 0), 0, 0, 1), result);
    }

    [Fact]
    public void Pairing_makes_the_interval_of_held_out_likelihood_narrow()
    {
        var random = new Random(1);
        var confusions = LabelerConfusions.FromMatrices(2, [], [0.8, 0.2, 0.2, 0.8]);
        var table = Tables.Of(300, 1, 2, [.. Enumerable.Range(0, 300).Select(n => (n, 0, random.Next(2)))]);
        float[] first = [.. Enumerable.Range(0, 300).SelectMany(_ => new[] { 0.9f, 0.1f })];
        float[] second = [.. Enumerable.Range(0, 300).SelectMany(_ => new[] { 0.8f, 0.2f })];
        HeldOutLabelers a = new(first, table, confusions), b = new(second, table, confusions);

        var paired = PairedComparison.Compare(a, b, 200, seed: 1);
        var alone = Bootstrap.Percentile(a.Count, a.LogLikelihood, 200, seed: 1);

        Assert.Equal(b.LogLikelihood() - a.LogLikelihood(), paired.Difference, 12);
        Assert.True(paired.Interval.High - paired.Interval.Low < (alone.High - alone.Low) / 2);
        Assert.Throws<ArgumentException>(() => PairedComparison.Compare(a, new([0.5f, 0.5f], Tables.Of(1, 1, 2, (0, 0, 1)), confusions), 10, 1));
    }
}
