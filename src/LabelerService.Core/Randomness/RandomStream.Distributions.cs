namespace LabelerService.Core.Randomness;

internal sealed partial class RandomStream
{
    /// <summary>Standard normal, by the polar method of Marsaglia and Bray (1964).</summary>
    public double NextNormal()
    {
        while (true)
        {
            var x = (2 * NextDouble()) - 1;
            var y = (2 * NextDouble()) - 1;
            var square = (x * x) + (y * y);
            if (square is > 0 and < 1)
            {
                return x * Math.Sqrt(-2 * Math.Log(square) / square);
            }
        }
    }

    /// <summary>
    /// Logarithm of a Gamma variate of scale 1 (Marsaglia and Tsang, A simple method for generating gamma variables, ACM TOMS 26, 2000);
    /// shapes below 1 by Gamma(a) = Gamma(a + 1)·U^(1/a), in logs, because the variate itself is soon below what a double holds.
    /// </summary>
    /// <param name="shape">Above 0.</param>
    public double NextLogGamma(double shape)
    {
        if (shape < 1)
        {
            return NextLogGamma(shape + 1) + (Math.Log(NextPositive()) / shape);
        }

        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var v = 1 + (c * x);
            if (v <= 0)
            {
                continue;
            }

            v = v * v * v;
            var u = NextPositive();
            var square = x * x;
            if (u < 1 - (0.0331 * square * square) || Math.Log(u) < (square / 2) + (d * (1 - v + Math.Log(v))))
            {
                return Math.Log(d * v);
            }
        }
    }

    /// <summary>ln X and ln (1 − X) of a Beta variate.</summary>
    /// <param name="a">First shape, above 0.</param>
    /// <param name="b">Second shape, above 0.</param>
    public (double Log, double LogOther) NextLogBeta(double a, double b)
    {
        var (x, y) = (NextLogGamma(a), NextLogGamma(b));
        var max = Math.Max(x, y);
        var sum = max + Math.Log(Math.Exp(x - max) + Math.Exp(y - max));
        return (x - sum, y - sum);
    }

    /// <summary>
    /// Successes in n trials. Large n are halved by an order statistic of the uniform numbers behind the trials (Devroye, Non-uniform
    /// random variate generation, 1986, §X.4.3): exact, with a logarithmic number of Beta variates.
    /// </summary>
    /// <param name="trials">n, not negative.</param>
    /// <param name="probability">Of success, in [0, 1].</param>
    public long NextBinomial(long trials, double probability)
    {
        if (probability > 0.5)
        {
            return trials - NextBinomial(trials, 1 - probability);
        }

        long successes = 0;
        while (trials * probability > 12)
        {
            var middle = (trials / 2) + 1;
            var at = Math.Exp(NextLogBeta(middle, trials + 1 - middle).Log);
            if (at <= probability)
            {
                successes += middle;
                trials -= middle;
                probability = (probability - at) / (1 - at);
            }
            else
            {
                trials = middle - 1;
                probability /= at;
            }
        }

        return probability > 0.5 ? successes + trials - Few(trials, 1 - probability) : successes + Few(trials, probability);
    }

    // Inversion: steps as many as successes.
    private long Few(long trials, double probability)
    {
        if (trials == 0 || probability <= 0)
        {
            return 0;
        }

        var odds = probability / (1 - probability);
        var term = Math.Exp(trials * Math.Log(1 - probability));
        var left = NextDouble();
        long successes = 0;
        while (left >= term && successes < trials)
        {
            left -= term;
            term *= odds * (trials - successes) / (successes + 1);
            successes++;
        }

        return successes;
    }
}
