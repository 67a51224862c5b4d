namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>A labeler of <see cref="OrdinalStep"/>: ln Θ(y | k) = A·d − B·d² − ln Z_k with d = y − k.</summary>
/// <param name="A">φ/ψ²: above 0, answers lie above the class.</param>
/// <param name="B">1/2ψ²; below 0 for one who is rather far off than near.</param>
internal readonly record struct OrdinalParameters(double A, double B)
{
    // Beyond this an answer one class off is below ClassDistributions.Smallest.
    private const double MostB = 28;
    private const double MostA = 2 * MostB;
    private const int MostSteps = 50;
    private const double SmallestStep = 1e-10;
    private const double Ridge = 1e-9;
    private const double Rounding = 1e-13;

    /// <summary>Where the first fit starts.</summary>
    public static OrdinalParameters Start { get; } = new(0, 1);

    /// <summary>Maximum likelihood by Newton's method; the log-likelihood is concave.</summary>
    /// <param name="counts">Soft counts, label-major [y, k].</param>
    /// <param name="classes">Number of classes K.</param>
    /// <param name="start">Where to start.</param>
    /// <param name="totals">Memory of at least K numbers.</param>
    public static OrdinalParameters Fit(ReadOnlySpan<double> counts, int classes, OrdinalParameters start, Span<double> totals)
    {
        totals = totals[..classes];
        totals.Clear();
        double first = 0, second = 0;
        for (var y = 0; y < classes; y++)
        {
            for (var k = 0; k < classes; k++)
            {
                var (count, d) = (counts[(y * classes) + k], y - k);
                totals[k] += count;
                first += count * d;
                second += count * d * d;
            }
        }

        var at = start;
        var slope = new Slope(at, first, second, totals);
        for (var step = 0; step < MostSteps; step++)
        {
            var next = slope.Newton(at);
            var (moveA, moveB) = (next.A - at.A, next.B - at.B);
            if (Math.Abs(moveA) + Math.Abs(moveB) < SmallestStep)
            {
                break;
            }

            // Newton's method may overshoot far from the top; half the way always helps in the end.
            var scale = 1.0;
            var there = new Slope(next, first, second, totals);
            var least = slope.Value - (Rounding * (1 + Math.Abs(slope.Value)));
            while (there.Value < least && scale > SmallestStep)
            {
                scale /= 2;
                next = new OrdinalParameters(at.A + (scale * moveA), at.B + (scale * moveB));
                there = new Slope(next, first, second, totals);
            }

            if (there.Value < least)
            {
                break;
            }

            (at, slope) = (next, there);
        }

        return at;
    }

    /// <summary>Θ or its logs, label-major [y, k].</summary>
    public void Fill(Span<double> matrix, int classes, bool logs)
    {
        for (var k = 0; k < classes; k++)
        {
            var (max, sum) = (Max(k, classes), 0.0);
            for (var y = 0; y < classes; y++)
            {
                sum += Math.Exp(Exponent(y - k) - max);
            }

            for (var y = 0; y < classes; y++)
            {
                var p = Math.Exp(Exponent(y - k) - max) / sum;
                matrix[(y * classes) + k] = logs ? ClassDistributions.Log(p) : p;
            }
        }
    }

    private double Exponent(int d) => (A * d) - (B * d * d);

    private double Max(int k, int classes)
    {
        var max = double.NegativeInfinity;
        for (var y = 0; y < classes; y++)
        {
            max = Math.Max(max, Exponent(y - k));
        }

        return max;
    }

    /// <summary>Log-likelihood, its slope and its curvature (negated) at a point.</summary>
    private readonly struct Slope
    {
        private readonly double _a;
        private readonly double _b;
        private readonly double _aa;
        private readonly double _ab;
        private readonly double _bb;

        public Slope(OrdinalParameters at, double first, double second, ReadOnlySpan<double> totals)
        {
            var classes = totals.Length;
            Value = (first * at.A) - (second * at.B);
            (_a, _b) = (first, -second);
            for (var k = 0; k < classes; k++)
            {
                var max = at.Max(k, classes);
                double z = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0;
                for (var d = -k; d < classes - k; d++)
                {
                    var weight = Math.Exp(at.Exponent(d) - max);
                    z += weight;
                    m1 += weight * d;
                    m2 += weight * d * d;
                    m3 += weight * d * d * d;
                    m4 += weight * d * d * d * d;
                }

                (m1, m2, m3, m4) = (m1 / z, m2 / z, m3 / z, m4 / z);
                Value -= totals[k] * (max + Math.Log(z));
                _a -= totals[k] * m1;
                _b += totals[k] * m2;
                _aa += totals[k] * (m2 - (m1 * m1));
                _ab -= totals[k] * (m3 - (m1 * m2));
                _bb += totals[k] * (m4 - (m2 * m2));
            }
        }

        public double Value { get; }

        public OrdinalParameters Newton(OrdinalParameters at)
        {
            var (aa, bb) = (_aa + Ridge, _bb + Ridge);
            var determinant = (aa * bb) - (_ab * _ab);
            var a = at.A + (((bb * _a) - (_ab * _b)) / determinant);
            var b = at.B + (((aa * _b) - (_ab * _a)) / determinant);
            return new OrdinalParameters(Math.Clamp(a, -MostA, MostA), Math.Clamp(b, -MostB, MostB));
        }
    }
}
