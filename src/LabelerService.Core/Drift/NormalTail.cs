namespace LabelerService.Core.Drift;

/// <summary>Tails of the standard normal distribution.</summary>
internal static class NormalTail
{
    /// <summary>
    /// P(Z ≥ z), to a relative error of 1.2e-7 in either tail: the complementary error function by the rational Chebyshev fit of Press et
    /// al., Numerical Recipes (2nd ed., 1992), §6.2.
    /// </summary>
    public static double Upper(double z)
    {
        var x = Math.Abs(z) / Math.Sqrt(2);
        var t = 1 / (1 + (0.5 * x));
        ReadOnlySpan<double> coefficients =
            [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223];
        var sum = coefficients[0];
        foreach (var coefficient in coefficients[1..])
        {
            sum = coefficient + (t * sum);
        }

        var erfc = t * Math.Exp((-x * x) + sum);
        return z >= 0 ? erfc / 2 : 1 - (erfc / 2);
    }

    /// <summary>The z with P(Z ≥ z) = p, for p in (0, 0.5].</summary>
    public static double Quantile(double p)
    {
        if (p is not (> 0 and <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "A tail lies in (0, 0.5].");
        }

        double low = 0, high = 40;
        for (var i = 0; i < 80; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Upper(middle) > p ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }
}
