namespace LabelerService.Core.Uncertainty;

/// <summary>The logarithm of the Gamma function by Stirling's series.</summary>
internal static class GammaFunction
{
    private const double HalfLogTwoPi = 0.91893853320467274178;

    // Up to here the series has an error below 1e-16.
    private const double Large = 12;

    /// <summary>ln Γ(z).</summary>
    /// <param name="z">Above 0.</param>
    public static double Log(double z)
    {
        var (shifted, product) = Shift(z);
        return Series(shifted) + ((shifted - 0.5) * Math.Log(shifted)) - shifted + HalfLogTwoPi - (product == 1 ? 0 : Math.Log(product));
    }

    /// <summary>δ(z) = ln Γ(z) − [(z − ½) ln z − z + ½ ln 2π].</summary>
    /// <param name="z">Above 0.</param>
    public static double StirlingError(double z)
    {
        var (shifted, product) = Shift(z);
        return shifted > z
            ? Series(shifted) + ((shifted - 0.5) * Math.Log(shifted)) - shifted - Math.Log(product) - ((z - 0.5) * Math.Log(z)) + z
            : Series(shifted);
    }

    /// <summary>ln [x (x + 1) … (x + n − 1)] = ln Γ(x + n) − ln Γ(x).</summary>
    /// <param name="x">Above 0.</param>
    /// <param name="n">Not negative.</param>
    /// <param name="logGammaOfX">ln Γ(x), where it is known.</param>
    public static double LogRising(double x, int n, double logGammaOfX = double.NaN)
    {
        if (n > 8)
        {
            return Log(x + n) - (double.IsNaN(logGammaOfX) ? Log(x) : logGammaOfX);
        }

        var product = 1.0;
        for (var i = 0; i < n; i++)
        {
            product *= x + i;
        }

        return n == 0 ? 0 : Math.Log(product);
    }

    // Γ(z + 1) = z Γ(z).
    private static (double Shifted, double Product) Shift(double z)
    {
        var product = 1.0;
        while (z < Large)
        {
            product *= z;
            z++;
        }

        return (z, product);
    }

    private static double Series(double z)
    {
        var square = 1 / (z * z);
        return ((1 / 12.0) - (square * ((1 / 360.0) - (square * ((1 / 1260.0) - (square * ((1 / 1680.0) - (square / 1188)))))))) / z;
    }
}
