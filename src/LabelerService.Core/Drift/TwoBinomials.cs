namespace LabelerService.Core.Drift;

/// <summary>One labeler's agreements before and after, against a given ratio of their chance-corrected probabilities.</summary>
internal static class TwoBinomials
{
    private const double Edge = 1e-9;

    // A value at a flat top is exact to the square of what is left of the interval, (2/3)^Steps.
    private const int Steps = 30;

    /// <summary>One-sided p-value of agreeing as little as observed, by the signed root of the profile likelihood ratio.</summary>
    /// <param name="labeler">The counts; neither count is 0.</param>
    /// <param name="chance">Agreement by chance, 1/K.</param>
    /// <param name="ratio">Chance-corrected agreement after, as a multiple of that before, by what others say.</param>
    /// <param name="error">Its standard error.</param>
    public static double PValue(LabelerAgreement labeler, double chance, double ratio, double error)
    {
        var (n0, k0, n1) = (labeler.EarlierCount, (double)labeler.EarlierAgreements, labeler.RecentCount);

        // Half a count towards the hypothesis, as a step of the binomial is a whole one wide.
        var k1 = Math.Min(n1, labeler.RecentAgreements + 0.5);
        if (k1 / n1 >= Recent(k0 / n0, chance, ratio))
        {
            return 0.5;
        }

        var free = LogLikelihood(k0, n0, k0 / n0) + LogLikelihood(k1, n1, k1 / n1);

        // What was observed pulls the ratio down, and what others say holds it.
        var bound = Largest(ratio - (8 * error), ratio, r => Profile(r) - (error > 0 ? (r - ratio) * (r - ratio) / (2 * error * error) : 0));
        return NormalTail.Upper(Math.Sqrt(Math.Max(0, 2 * (free - bound))));

        // Concave in p as a sum of logarithms of linear functions.
        double Profile(double r) => Largest(
            Edge, 1 - Edge, p => LogLikelihood(k0, n0, p) + LogLikelihood(k1, n1, Recent(p, chance, r)));
    }

    /// <summary>The largest value of a function with one maximum, by ternary search.</summary>
    private static double Largest(double low, double high, Func<double, double> function)
    {
        for (var i = 0; i < Steps; i++)
        {
            var (a, b) = (low + ((high - low) / 3), high - ((high - low) / 3));
            (low, high) = function(a) < function(b) ? (a, high) : (low, b);
        }

        return function((low + high) / 2);
    }

    private static double Recent(double earlier, double chance, double ratio) =>
        Math.Clamp(chance + (ratio * (earlier - chance)), Edge, 1 - Edge);

    private static double LogLikelihood(double k, int n, double p)
    {
        var bounded = Math.Clamp(p, Edge, 1 - Edge);
        return (k > 0 ? k * Math.Log(bounded) : 0) + (n > k ? (n - k) * Math.Log(1 - bounded) : 0);
    }
}
