namespace LabelerService.Core.Uncertainty;

/// <summary>
/// The Beta distribution with density ∝ x^(a−1) (1−x)^(b−1) on [0, 1]: distribution function and its inverse. The regularised incomplete
/// beta function is the continued fraction of the NIST Digital Library of Mathematical Functions, §8.17(v), evaluated by Lentz's method;
/// its factor x^a (1−x)^b / B(a, b) is written around the mean as in Loader (Fast and accurate computation of binomial probabilities,
/// 2000), so that large shapes lose no digits. Relative errors of a tail are about 1e-13 for shapes up to 10⁴ and 1e-10 up to 10⁷.
/// </summary>
public static class BetaDistribution
{
    private const double Precision = 1e-9;
    private const double FractionPrecision = 1e-15;
    private const int MaxTerms = 200_000;
    private const int MaxSteps = 200;

    /// <summary>P(X ≤ x).</summary>
    /// <param name="a">First shape, above 0 and finite.</param>
    /// <param name="b">Second shape, above 0 and finite.</param>
    /// <param name="x">The value; outside [0, 1] the answer is 0 or 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A shape is not above 0 and finite, or x is NaN.</exception>
    public static double Cdf(double a, double b, double x)
    {
        CheckShapes(a, b);
        if (double.IsNaN(x))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "The value is a number.");
        }

        return x <= 0 ? 0 : x >= 1 ? 1 : Lower(a, b, LogConstant(a, b), new Point(x, 1 - x, Math.Log(x), LogOneMinus(x)));
    }

    /// <summary>The x with P(X ≤ x) = p.</summary>
    /// <param name="a">First shape, above 0 and finite.</param>
    /// <param name="b">Second shape, above 0 and finite.</param>
    /// <param name="p">Probability in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A shape is not above 0 and finite, or p is outside [0, 1].</exception>
    public static double Quantile(double a, double b, double p)
    {
        CheckShapes(a, b);
        if (p is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "A probability lies in [0, 1].");
        }

        if (p is 0 or 1)
        {
            return p;
        }

        return p <= 0.5 ? LowerQuantile(a, b, p).X : LowerQuantile(b, a, 1 - p).Y;
    }

    // Newton's method on ln P(T ≤ t) = ln p, where t = ln(x / (1−x)). The density of t is log-concave, so the left side is concave and
    // rising: a step from the right of the solution lands left of it, and from there steps only rise to it. The start is the normal
    // approximation of t (variance about 1/a + 1/b). The last step squares the error of the one before.
    private static Point LowerQuantile(double a, double b, double p)
    {
        var target = Math.Log(p);
        var constant = LogConstant(a, b);
        var t = Math.Log(a / b) - (Math.Sqrt(-2 * Math.Log(2 * p)) * Math.Sqrt((1 / a) + (1 / b)));
        for (var step = 0; step < MaxSteps; step++)
        {
            var (log, slope) = LogLower(a, b, constant, Point.OfLogOdds(t));
            var change = (target - log) / slope;
            t += change;
            if (Math.Abs(change) <= Precision * Math.Max(1, Math.Abs(t)))
            {
                break;
            }
        }

        return Point.OfLogOdds(t);
    }

    private static bool IsLeft(double a, double b, Point at) => at.X < (a + 1) / (a + b + 2);

    private static double Lower(double a, double b, double constant, Point at) => IsLeft(a, b, at)
        ? Math.Min(1, Math.Exp(LogFactor(a, b, constant, at)) * Fraction(a, b, at.X) / a)
        : Math.Max(0, 1 - (Math.Exp(LogFactor(a, b, constant, at)) * Fraction(b, a, at.Y) / b));

    // ln P(X ≤ x), and its derivative by the log-odds of x; finite however small the probability is.
    private static (double Log, double Slope) LogLower(double a, double b, double constant, Point at)
    {
        var factor = LogFactor(a, b, constant, at);
        if (IsLeft(a, b, at))
        {
            var fraction = Fraction(a, b, at.X);
            return (factor + Math.Log(fraction / a), a / fraction);
        }

        var probability = Math.Max(0, 1 - (Math.Exp(factor) * Fraction(b, a, at.Y) / b));
        return (Math.Log(probability), Math.Exp(factor) / probability);
    }

    // ln [x^a (1−x)^b / B(a, b)] by Stirling's formula: Γ(z) = √(2π/z) (z/e)^z e^δ(z).
    private static double LogFactor(double a, double b, double constant, Point at)
    {
        var sum = a + b;
        return constant - (a * (Math.Log(a / sum) - at.LogX)) - (b * (Math.Log(b / sum) - at.LogY));
    }

    private static double LogConstant(double a, double b) => (Math.Log(a / (a + b) * b / (2 * Math.PI)) / 2)
        + GammaFunction.StirlingError(a + b) - GammaFunction.StirlingError(a) - GammaFunction.StirlingError(b);

    private static double Fraction(double a, double b, double x)
    {
        const double Tiny = 1e-300;
        var c = 1.0;
        var d = Inverse(1 - ((a + b) * x / (a + 1)));
        var value = d;
        for (var m = 1; m <= MaxTerms; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = Inverse(1 + (even * d));
            c = NotZero(1 + (even / c));
            value *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = Inverse(1 + (odd * d));
            c = NotZero(1 + (odd / c));
            var change = d * c;
            value *= change;
            if (Math.Abs(change - 1) < FractionPrecision)
            {
                break;
            }
        }

        return value;

        static double NotZero(double number) => Math.Abs(number) < Tiny ? Tiny : number;
        static double Inverse(double number) => 1 / NotZero(number);
    }

    private static double LogOneMinus(double x)
    {
        // ln(1 − x) without loss for small x (Kahan): the rounding of 1 − x is undone by the ratio.
        var rest = 1 - x;
        return rest == 1 ? -x : Math.Log(rest) * x / (1 - rest);
    }

    private static void CheckShapes(double a, double b)
    {
        if (!(a > 0 && double.IsFinite(a)))
        {
            throw new ArgumentOutOfRangeException(nameof(a), a, "A shape is above 0 and finite.");
        }

        if (!(b > 0 && double.IsFinite(b)))
        {
            throw new ArgumentOutOfRangeException(nameof(b), b, "A shape is above 0 and finite.");
        }
    }

    // x and 1 − x with their logs, each to full precision however close to 0 the other is.
    private readonly record struct Point(double X, double Y, double LogX, double LogY)
    {
        public static Point OfLogOdds(double t)
        {
            var small = Math.Exp(-Math.Abs(t));
            var log = small < 1e-5 ? small - (small * small / 2) : Math.Log(1 + small);
            var (less, more) = (small / (1 + small), 1 / (1 + small));
            return t <= 0 ? new(less, more, t - log, -log) : new(more, less, -log, -t - log);
        }
    }
}
