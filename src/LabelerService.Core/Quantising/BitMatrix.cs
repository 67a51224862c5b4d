using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LabelerService.Core.Quantising;

/// <summary>
/// A matrix of weights ±s, one bit each and a size s a unit, and its products with a vector. With b the bits of a unit,
/// Σ_i ±s x_i = s (2 Σ_(b_i = 1) x_i − Σ_i x_i): there is nothing to multiply. Reads a thirty-second of what a float32 matrix reads.
/// </summary>
public sealed class BitMatrix
{
    private const int WordBits = 64;
    private const int Planes = 8;
    private readonly ulong[] _words;
    private readonly float[] _sizes;
    private readonly int _wordsOfUnit;

    /// <summary>Packs weights.</summary>
    /// <param name="weights">Row-major [units, inputs]; a unit's all have the same size.</param>
    /// <param name="inputs">Weights of a unit.</param>
    /// <exception cref="ArgumentException">A unit's weights are not binary.</exception>
    public BitMatrix(ReadOnlySpan<float> weights, int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        Inputs = inputs;
        Units = weights.Length / inputs;
        _wordsOfUnit = (inputs + WordBits - 1) / WordBits;
        _words = new ulong[Units * _wordsOfUnit];
        _sizes = new float[Units];
        for (var unit = 0; unit < Units; unit++)
        {
            var own = weights.Slice(unit * inputs, inputs);
            _sizes[unit] = StoredWeights.BinarySize(own) ?? throw new ArgumentException($"The weights of unit {unit} are not binary.", nameof(weights));
            StoredWeights.Pack(own).CopyTo(MemoryMarshal.AsBytes(_words.AsSpan(unit * _wordsOfUnit, _wordsOfUnit)));
        }
    }

    /// <summary>Number of units.</summary>
    public int Units { get; }

    /// <summary>Weights of a unit.</summary>
    public int Inputs { get; }

    /// <summary>Floats of the scratch memory of a product with a float vector.</summary>
    public int ScratchLength => _wordsOfUnit * WordBits;

    /// <summary>Words of the scratch memory of a product with a vector of bytes.</summary>
    public int PlanesLength => _wordsOfUnit * Planes;

    /// <summary>y = W x.</summary>
    /// <param name="x">[inputs].</param>
    /// <param name="y">Receives [units].</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> values; overwritten.</param>
    public void Multiply(ReadOnlySpan<float> x, Span<float> y, Span<float> scratch) =>
        Multiply(x, y, scratch, Vector512.IsHardwareAccelerated);

    internal void Multiply(ReadOnlySpan<float> x, Span<float> y, Span<float> scratch, bool wide)
    {
        x[..Inputs].CopyTo(scratch);
        scratch[Inputs..ScratchLength].Clear();
        var padded = (ReadOnlySpan<float>)scratch[..ScratchLength];
        var total = Sum(padded);
        for (var unit = 0; unit < Units; unit++)
        {
            var words = _words.AsSpan(unit * _wordsOfUnit, _wordsOfUnit);
            var chosen = wide ? Chosen512(words, padded) : Chosen256(words, padded);
            y[unit] = _sizes[unit] * ((2 * chosen) - total);
        }
    }

    /// <summary>y = W x for whole numbers: bits of weights and of inputs are counted together, as in XNOR nets.</summary>
    /// <param name="x">[inputs]; what they are multiplied by is left to the caller.</param>
    /// <param name="y">Receives [units].</param>
    /// <param name="planes">At least <see cref="PlanesLength"/> words; overwritten.</param>
    public void Multiply(ReadOnlySpan<sbyte> x, Span<float> y, Span<ulong> planes)
    {
        var total = Split(x[..Inputs], planes);
        for (var unit = 0; unit < Units; unit++)
        {
            var words = _words.AsSpan(unit * _wordsOfUnit, _wordsOfUnit);
            var chosen = 0;
            for (var w = 0; w < words.Length; w++)
            {
                var word = words[w];
                var plane = planes.Slice(w * Planes, Planes);
                // Two's complement: the last plane counts −128.
                chosen += BitOperations.PopCount(word & plane[0]) + (BitOperations.PopCount(word & plane[1]) << 1)
                    + (BitOperations.PopCount(word & plane[2]) << 2) + (BitOperations.PopCount(word & plane[3]) << 3)
                    + (BitOperations.PopCount(word & plane[4]) << 4) + (BitOperations.PopCount(word & plane[5]) << 5)
                    + (BitOperations.PopCount(word & plane[6]) << 6) - (BitOperations.PopCount(word & plane[7]) << 7);
            }

            y[unit] = _sizes[unit] * ((2 * chosen) - total);
        }
    }

    // Bit p of input i becomes bit i of plane p, the eight planes of a word side by side; gives Σ x.
    private int Split(ReadOnlySpan<sbyte> x, Span<ulong> planes)
    {
        planes[..PlanesLength].Clear();
        var total = 0;
        for (var i = 0; i < x.Length; i++)
        {
            total += x[i];
            var plane = planes.Slice(i / WordBits * Planes, Planes);
            var value = (ulong)(byte)x[i];
            var at = i % WordBits;
            for (var p = 0; p < Planes; p++)
            {
                plane[p] |= ((value >> p) & 1) << at;
            }
        }

        return total;
    }

    private static float Sum(ReadOnlySpan<float> values)
    {
        var sum = Vector256<float>.Zero;
        foreach (var vector in MemoryMarshal.Cast<float, Vector256<float>>(values))
        {
            sum += vector;
        }

        return Vector256.Sum(sum);
    }

    private static float Chosen512(ReadOnlySpan<ulong> words, ReadOnlySpan<float> x)
    {
        var select = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        var inputs = MemoryMarshal.Cast<float, Vector512<float>>(x);
        var halves = MemoryMarshal.Cast<ulong, ushort>(words);
        var (even, odd) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var h = 0; h + 1 < halves.Length && h + 1 < inputs.Length; h += 2)
        {
            even += Vector512.Equals(Vector512.Create((uint)halves[h]) & select, select).AsSingle() & inputs[h];
            odd += Vector512.Equals(Vector512.Create((uint)halves[h + 1]) & select, select).AsSingle() & inputs[h + 1];
        }

        return Vector512.Sum(even + odd);
    }

    private static float Chosen256(ReadOnlySpan<ulong> words, ReadOnlySpan<float> x)
    {
        var select = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        var inputs = MemoryMarshal.Cast<float, Vector256<float>>(x);
        var bytes = MemoryMarshal.AsBytes(words);
        var (even, odd) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var b = 0; b + 1 < bytes.Length && b + 1 < inputs.Length; b += 2)
        {
            even += Vector256.Equals(Vector256.Create((uint)bytes[b]) & select, select).AsSingle() & inputs[b];
            odd += Vector256.Equals(Vector256.Create((uint)bytes[b + 1]) & select, select).AsSingle() & inputs[b + 1];
        }

        return Vector256.Sum(even + odd);
    }
}
