namespace LabelerService.Core.Quantising;

/// <summary>How weights are stored in few bits: a scale for each unit, and codes.</summary>
public static class StoredWeights
{
    private const int MostCode = 127;

    // What the sum of a shared head and a deviation may be off its grid by, in steps.
    private const double OnGrid = 1e-3;

    // By how much the sizes of binary weights may differ, relatively, for the same reason.
    private const float SameSize = 1e-5f;

    // Of a sum of two float32: 2^−22.
    private const float Rounding = 1f / (1 << 22);

    /// <summary>
    /// Codes w/s of a unit's weights, rounded to whole numbers of at most 127, and their scale s. Weights that are on a grid of at most 127
    /// steps already get that grid, and nothing is lost; others s = max |w| / 127.
    /// </summary>
    /// <param name="weights">The unit's weights.</param>
    /// <param name="codes">Receives the codes; as many.</param>
    /// <returns>The scale; 0 where all weights are 0.</returns>
    public static float ToInt8(ReadOnlySpan<float> weights, Span<sbyte> codes)
    {
        var largest = 0f;
        foreach (var weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        if (largest == 0)
        {
            codes[..weights.Length].Clear();
            return 0;
        }

        var scale = GridOf(weights, largest) ?? largest / MostCode;
        for (var i = 0; i < weights.Length; i++)
        {
            codes[i] = (sbyte)Math.Clamp(MathF.Round(weights[i] / scale), -MostCode, MostCode);
        }

        return scale;
    }

    /// <summary>The size that all of a unit's weights have; null where they do not have the same.</summary>
    /// <param name="weights">The unit's weights.</param>
    /// <param name="largest">
    /// Largest size of the terms that weights may be sums of. Where they cancel, a sum is off by the rounding of these, however small it is.
    /// </param>
    public static float? BinarySize(ReadOnlySpan<float> weights, float largest = 0)
    {
        var size = weights.IsEmpty ? 0 : Math.Abs(weights[0]);
        var tolerance = Math.Max(SameSize * size, Rounding * largest);
        foreach (var weight in weights)
        {
            if (!(Math.Abs(Math.Abs(weight) - size) <= tolerance))
            {
                return null;
            }
        }

        return size;
    }

    /// <summary>The signs of weights, eight to a byte: bit j of byte b is set where weight 8b + j is not negative.</summary>
    public static byte[] Pack(ReadOnlySpan<float> weights)
    {
        var packed = new byte[(weights.Length + 7) / 8];
        for (var i = 0; i < weights.Length; i++)
        {
            packed[i >> 3] |= (byte)(weights[i] < 0 ? 0 : 1 << (i & 7));
        }

        return packed;
    }

    // The widest step that all weights are multiples of, if it is at least a 127th of the largest.
    private static float? GridOf(ReadOnlySpan<float> weights, float largest)
    {
        for (var steps = 1; steps <= MostCode; steps++)
        {
            var step = largest / steps;
            var fits = true;
            for (var i = 0; i < weights.Length && fits; i++)
            {
                var code = (double)weights[i] / step;
                fits = Math.Abs(code - Math.Round(code)) <= OnGrid;
            }

            if (fits)
            {
                return step;
            }
        }

        return null;
    }
}
