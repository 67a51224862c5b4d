using CsCheck;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Tests.Uncertainty;

public sealed class BetaDistributionTests
{
    // Reference values: 30 to 40 digits of the hypergeometric series with mpmath 1.3.
    [Theory]
    [InlineData(2, 3, 0.4, 0.5248)]
    [InlineData(0.5, 0.5, 0.1, 0.20483276469913345)]
    [InlineData(0.01, 5, 1e-20, 0.64419456693139306)]
    [InlineData(50, 3, 0.8, 0.00088489356947769513)]
    [InlineData(1000, 2000, 0.35, 0.97290450431688508)]
    [InlineData(0.001, 0.001, 0.5, 0.5)]
    [InlineData(30.5, 0.2, 0.9, 0.003007400548424499)]
    public void The_distribution_function_has_its_known_values(double a, double b, double x, double expected) =>
        Assert.Equal(1, BetaDistribution.Cdf(a, b, x) / expected, 1e-12);

    [Theory]
    [InlineData(2.0, 3.0, 0.025, 0.067585986488542955)]
    [InlineData(2.0, 3.0, 0.975, 0.80587955031675664)]
    [InlineData(0.5, 0.5, 0.3, 0.20610737385376344)]
    [InlineData(10.5, 0.5, 0.025, 0.78280373249078943)]
    [InlineData(91.0, 11.0, 0.025, 0.82544717392288095)]
    [InlineData(91.0, 11.0, 0.975, 0.94436277616469702)]
    [InlineData(0.02, 1.0, 0.5, 8.8817841970012523e-16)]
    [InlineData(1.0, 20.0, 0.975, 0.16843347098308534)]
    [InlineData(0.1, 0.1, 0.2, 9.0814685585496343e-5)]
    [InlineData(800.0, 120.0, 0.975, 0.89053990801841037)]
    public void Quantiles_have_their_known_values(double a, double b, double p, double expected) =>
        Assert.Equal(1, BetaDistribution.Quantile(a, b, p) / expected, 1e-12);

    [Fact]
    public void Whole_shapes_agree_with_the_binomial_sum() => Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60], Gen.Double[0.001, 0.999]).Sample(
        (a, b, x) =>
        {
            // P(X ≤ x) = P(Binomial(a + b − 1, x) ≥ a).
            var n = a + b - 1;

            // In logarithms: the first terms of a sum with x near 1 are nothing in a double.
            double sum = 0, term = n * Math.Log(1 - x);
            for (var k = 0; k <= n; k++)
            {
                sum += k >= a ? Math.Exp(term) : 0;
                term += Math.Log((double)(n - k) / (k + 1) * x / (1 - x));
            }

            Assert.Equal(sum, BetaDistribution.Cdf(a, b, x), 1e-11);
        });

    [Fact]
    public void The_quantile_undoes_the_distribution_function_for_shapes_of_any_size() => Gen.Select(
        Gen.Double[-3, 7], Gen.Double[-3, 7], Gen.Double[0.0001, 0.9999]).Sample(
        (logA, logB, p) =>
        {
            var (a, b) = (Math.Pow(10, logA), Math.Pow(10, logB));
            var x = BetaDistribution.Quantile(a, b, p);

            Assert.InRange(x, 0, 1);
            if (x is > 1e-300 and < 0.99)
            {
                Assert.Equal(p, BetaDistribution.Cdf(a, b, x), 1e-8);
            }
        },
        iter: 300);

    [Fact]
    public void The_ends_are_the_ends()
    {
        Assert.Equal(0, BetaDistribution.Quantile(2, 3, 0));
        Assert.Equal(1, BetaDistribution.Quantile(2, 3, 1));
        Assert.Equal(0, BetaDistribution.Cdf(2, 3, -1));
        Assert.Equal(1, BetaDistribution.Cdf(2, 3, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BetaDistribution.Cdf(0, 1, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => BetaDistribution.Quantile(1, double.PositiveInfinity, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => BetaDistribution.Quantile(1, 1, double.NaN));
    }

    // The interval of Bayes's own prior covers exactly level on average over that prior: summed here over all outcomes.
    [Theory]
    [InlineData(1, 1, 30)]
    [InlineData(0.5, 0.5, 12)]
    [InlineData(4, 1, 50)]
    public void Intervals_of_proportions_cover_as_often_as_they_say_on_average_over_their_prior(double priorA, double priorB, int count)
    {
        const double Level = 0.95;
        var covered = 0.0;
        var cells = 4000;
        for (var cell = 0; cell < cells; cell++)
        {
            var rate = BetaDistribution.Quantile(priorA, priorB, (cell + 0.5) / cells);
            var probability = Math.Pow(1 - rate, count);
            for (var successes = 0; successes <= count; successes++)
            {
                var interval = Intervals(successes);
                covered += rate >= interval.Low && rate <= interval.High ? probability / cells : 0;
                probability *= (double)(count - successes) / (successes + 1) * rate / (1 - rate);
            }
        }

        Assert.Equal(Level, covered, 0.002);

        CredibleInterval Intervals(int successes) => _cache.TryGetValue(successes, out var known)
            ? known
            : _cache[successes] = CredibleInterval.OfProportion(successes, count, priorA, priorB, Level);
    }

    [Fact]
    public void Nothing_seen_gives_the_prior_and_soft_counts_are_allowed()
    {
        var prior = CredibleInterval.OfProportion(0, 0, 1, 1, 0.9);
        Assert.Equal(0.5, prior.Mean);
        Assert.Equal(0.05, prior.Low, 1e-12);
        Assert.Equal(0.95, prior.High, 1e-12);
        Assert.Equal(CredibleInterval.OfProportion(3, 3, 1, 1, 0.9), CredibleInterval.OfProportion(3 + 1e-12, 3, 1, 1, 0.9));
        Assert.Throws<ArgumentOutOfRangeException>(() => CredibleInterval.OfProportion(1, 2, 1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => CredibleInterval.OfProportion(double.NaN, 2, 1, 1, 0.5));
    }

    [Theory]
    [InlineData(3, 8)]
    [InlineData(0.4, 0.2)]
    [InlineData(2000, 3)]
    public void The_moments_of_a_Beta_distribution_give_its_interval(double a, double b)
    {
        var sum = a + b;
        var interval = CredibleInterval.OfMoments(a / sum, a * b / (sum * sum * (sum + 1)), 0.9);

        Assert.Equal(a / sum, interval.Mean);
        Assert.Equal(BetaDistribution.Quantile(a, b, 0.05), interval.Low, 1e-9);
        Assert.Equal(BetaDistribution.Quantile(a, b, 0.95), interval.High, 1e-9);
    }

    [Theory]
    [InlineData(0.3, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 0.1)]
    public void Certain_probabilities_have_no_width(double mean, double variance) =>
        Assert.Equal(new CredibleInterval(mean, mean, mean), CredibleInterval.OfMoments(mean, variance, 0.95));

    [Fact]
    public void More_variance_than_a_probability_can_have_is_all_or_nothing()
    {
        var interval = CredibleInterval.OfMoments(0.5, 0.4, 0.95);

        Assert.Equal(0, interval.Low, 1e-6);
        Assert.Equal(1, interval.High, 1e-6);
    }

    [Fact]
    public void The_Gamma_function_has_the_values_of_factorials_and_rising_products()
    {
        var factorial = 1.0;
        for (var n = 1; n < 100; n++)
        {
            Assert.Equal(Math.Log(factorial), GammaFunction.Log(n), 1e-12 * Math.Max(1, Math.Log(factorial)));
            Assert.Equal(GammaFunction.Log(0.3 + n) - GammaFunction.Log(0.3), GammaFunction.LogRising(0.3, n), 1e-10);
            factorial *= n;
        }

        Assert.Equal(Math.Log(Math.PI) / 2, GammaFunction.Log(0.5), 1e-14);
        Assert.Equal(0, GammaFunction.LogRising(5, 0));
    }

    private readonly Dictionary<int, CredibleInterval> _cache = [];
}
