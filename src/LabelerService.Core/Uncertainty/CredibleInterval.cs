namespace LabelerService.Core.Uncertainty;

/// <summary>What is believed of an unknown number: its posterior mean, and an equal-tailed interval.</summary>
/// <param name="Mean">Posterior mean.</param>
/// <param name="Low">Lower end: (1 − level) / 2 of the posterior lies below.</param>
/// <param name="High">Upper end: as much lies above.</param>
public readonly record struct CredibleInterval(double Mean, double Low, double High)
{
    /// <summary>A proportion after Bernoulli trials: the posterior Beta(priorA + successes, priorB + count − successes).</summary>
    /// <param name="successes">Successes, in [0, count]; soft counts are allowed, and rounding errors beyond the ends are cut off.</param>
    /// <param name="count">Trials; 0 gives the prior.</param>
    /// <param name="priorA">Pseudo-successes, above 0 (1 and 1: every proportion is as likely; ½ and ½: Jeffreys' prior).</param>
    /// <param name="priorB">Pseudo-failures, above 0.</param>
    /// <param name="level">Share of the posterior inside, in (0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static CredibleInterval OfProportion(double successes, double count, double priorA, double priorB, double level)
    {
        if (!(count >= 0 && double.IsFinite(count)) || double.IsNaN(successes))
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"{successes} of {count} is no proportion.");
        }

        if (level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "The level lies between 0 and 1.");
        }

        var right = Math.Clamp(successes, 0, count);
        var (a, b) = (priorA + right, priorB + (count - right));
        return new CredibleInterval(
            a / (a + b), BetaDistribution.Quantile(a, b, (1 - level) / 2), BetaDistribution.Quantile(a, b, (1 + level) / 2));
    }

    /// <summary>
    /// A probability of which only the posterior mean and variance are kept: the interval of the Beta distribution that has them. Exact where the
    /// posterior is a Beta distribution.
    /// </summary>
    /// <param name="mean">Mean, in [0, 1].</param>
    /// <param name="variance">Variance; what a probability cannot have is cut off.</param>
    /// <param name="level">Share of the posterior inside, in (0, 1).</param>
    public static CredibleInterval OfMoments(double mean, double variance, double level)
    {
        const double Smallest = 1e-14;
        var most = mean * (1 - mean);
        if (most <= Smallest || variance <= Smallest * most)
        {
            return new CredibleInterval(mean, mean, mean);
        }

        // a + b; at the largest variance all weight is on 0 and 1.
        var strength = Math.Max((most / variance) - 1, 1e-3);
        var (a, b) = (mean * strength, (1 - mean) * strength);
        return new CredibleInterval(
            mean, BetaDistribution.Quantile(a, b, (1 - level) / 2), BetaDistribution.Quantile(a, b, (1 + level) / 2));
    }
}
