namespace LabelerService.Core.Aggregation.Skills;

/// <summary>ψ(x), the derivative of ln Γ(x).</summary>
internal static class Digamma
{
    private const double Asymptotic = 6;

    /// <summary>
    /// ψ(x) for x &gt; 0: the recurrence ψ(x) = ψ(x + 1) − 1/x up to 6, then the asymptotic series of Abramowitz and Stegun 6.3.18; absolute
    /// error below 1e-11.
    /// </summary>
    internal static double Of(double x)
    {
        var shift = 0.0;
        while (x < Asymptotic)
        {
            shift -= 1 / x;
            x++;
        }

        var inverse = 1 / x;
        var square = inverse * inverse;
        var series = square * ((1.0 / 12) - (square * ((1.0 / 120) - (square * ((1.0 / 252) - (square * ((1.0 / 240) - (square * ((1.0 / 132)
            - (square * (691.0 / 32760)))))))))));
        return shift + Math.Log(x) - (0.5 * inverse) - series;
    }
}
