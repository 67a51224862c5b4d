namespace LabelerService.Core.Quantising;

/// <summary>
/// The values that quantised weights may have (Li, De, Xu, Studer, Samet, Goldstein: Training Quantized Nets: A Deeper Understanding.
/// NIPS 2017, section 3): multiples of a step Δ. With one bit −Δ and +Δ; with m bits kΔ for |k| ≤ 2^(m−1) − 1.
/// </summary>
/// <remarks>
/// A grid is made for weights of a typical size u, their mean |w|: with one bit Δ = u, which loses least of them in squares (Rastegari et
/// al.: XNOR-Net, ECCV 2016, section 3.1); with more bits the grid ends at ± c_m u, the end that loses least of normal weights, as
/// uniform quantisers do (Max: Quantizing for Minimum Distortion. IRE Transactions on Information Theory 6, 1960). Δ is kept to 16 bits of
/// precision, so that its multiples, their differences and quotients are exact in float32.
/// </remarks>
public readonly record struct WeightGrid
{
    /// <summary>Most bits of a weight.</summary>
    public const int MostBits = 8;

    // c_m: the end of the grid of m bits that has the least mean square error for normal weights, in units of their mean size.
    private static readonly double[] Ends = [1, 1.53, 2.44, 3.10, 3.63, 4.11, 4.55, 4.97];

    /// <summary>Makes a grid.</summary>
    /// <param name="bits">Bits m of a weight, 1 to 8.</param>
    /// <param name="size">Typical size u of the weights, above 0.</param>
    public WeightGrid(int bits, double size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, MostBits);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        Levels = bits == 1 ? 1 : (1 << (bits - 1)) - 1;
        IsBinary = bits == 1;
        Step = Shortened((float)(size * Ends[bits - 1] / Levels));
    }

    /// <summary>Whether there are two values, −Δ and +Δ.</summary>
    public bool IsBinary { get; }

    /// <summary>Δ.</summary>
    public float Step { get; }

    /// <summary>Largest k.</summary>
    public int Levels { get; }

    /// <summary>The largest value.</summary>
    public float End => Levels * Step;

    /// <summary>
    /// The typical size of the weights of a layer, √(1.5 / (n + o)) for n inputs and o outputs: that of Glorot and Bengio (AISTATS 2010), as
    /// BinaryConnect takes it (Courbariaux, Bengio, David, NIPS 2015).
    /// </summary>
    /// <param name="inputs">Inputs n of a unit.</param>
    /// <param name="outputs">Units o.</param>
    public static double SizeOf(long inputs, long outputs) => Math.Sqrt(1.5 / (inputs + outputs));

    /// <summary>Q_d(x) = sign(x) · Δ · ⌊|x|/Δ + ½⌋, cut at the ends; with one bit the sign, that of 0 being +.</summary>
    public float Round(float x)
    {
        if (IsBinary)
        {
            return x < 0 ? -Step : Step;
        }

        var steps = MathF.Min(MathF.Floor((MathF.Abs(x) / Step) + 0.5f), Levels);
        return x < 0 ? -steps * Step : steps * Step;
    }

    /// <summary>
    /// Q_s(x) = Δ⌊x/Δ⌋ + Δ · Bernoulli(x/Δ − ⌊x/Δ⌋): one of the two neighbours on the grid, by chance, with mean x between the ends, and the
    /// end beyond them. With one bit the neighbours are −Δ and +Δ.
    /// </summary>
    /// <param name="x">The value.</param>
    /// <param name="uniform">Drawn uniformly from [0, 1).</param>
    public float RoundStochastically(float x, double uniform)
    {
        x = Clip(x);
        if (IsBinary)
        {
            return uniform < ((double)x + Step) / (2.0 * Step) ? Step : -Step;
        }

        var steps = (double)x / Step;
        var below = Math.Floor(steps);
        return (float)(below + (uniform < steps - below ? 1 : 0)) * Step;
    }

    /// <summary>The value itself between the ends of the grid, else the nearer end: the interval that BinaryConnect keeps weights in.</summary>
    public float Clip(float x) => Math.Clamp(x, -End, End);

    // The last eight of the 24 bits of a float32's precision off.
    private static float Shortened(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & ~0xFF);
}
