namespace LabelerService.Core.Aggregation;

/// <summary>Small operations on class distributions, row-major [N, K].</summary>
public static class ClassDistributions
{
    /// <summary>Probabilities below this count as this inside logarithms, so that nothing is ever −∞ or NaN.</summary>
    public const double Smallest = 1e-12;

    /// <summary>ln p with p floored at <see cref="Smallest"/>; NaN counts as the floor.</summary>
    public static double Log(double probability) => Math.Log(probability > Smallest ? probability : Smallest);

    /// <summary>The same values in double precision.</summary>
    public static double[] ToDouble(ReadOnlySpan<float> values)
    {
        var result = new double[values.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    /// <summary>The same values in single precision.</summary>
    public static float[] ToSingle(ReadOnlySpan<double> values)
    {
        var result = new float[values.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (float)values[i];
        }

        return result;
    }

    /// <summary>Index of the largest value; the lowest wins ties.</summary>
    public static int Top(ReadOnlySpan<double> values)
    {
        var top = 0;
        for (var k = 1; k < values.Length; k++)
        {
            top = values[k] > values[top] ? k : top;
        }

        return top;
    }

    /// <summary>Likeliest class of each row [N]; the lowest wins ties.</summary>
    public static int[] Tops(ReadOnlySpan<double> distributions, int classCount)
    {
        var result = new int[distributions.Length / classCount];
        for (var n = 0; n < result.Length; n++)
        {
            result[n] = Top(distributions.Slice(n * classCount, classCount));
        }

        return result;
    }

    /// <summary>Each row as if its likeliest class were certain [N, K]; the lowest wins ties.</summary>
    public static double[] OneHot(ReadOnlySpan<double> distributions, int classCount)
    {
        var result = new double[distributions.Length];
        for (var start = 0; start < result.Length; start += classCount)
        {
            result[start + Top(distributions.Slice(start, classCount))] = 1;
        }

        return result;
    }

    /// <summary>Turns log weights into the distribution they describe, in place.</summary>
    /// <param name="logs">Unnormalised log probabilities [K], finite.</param>
    /// <returns>ln Σ_k exp(logs_k).</returns>
    public static double SoftMax(Span<double> logs)
    {
        var max = double.NegativeInfinity;
        foreach (var value in logs)
        {
            max = Math.Max(max, value);
        }

        var sum = 0.0;
        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] = Math.Exp(logs[k] - max);
            sum += logs[k];
        }

        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] /= sum;
        }

        return max + Math.Log(sum);
    }

    internal static void CheckLength(int length, int rows, int classes, string name)
    {
        if (length != (long)rows * classes)
        {
            throw new ArgumentException($"{rows} items of {classes} classes need {(long)rows * classes} values, not {length}.", name);
        }
    }
}
