using System.Numerics;
using System.Runtime.InteropServices;

namespace LabelerService.Core.Tensors;

/// <summary>Conversion between IEEE 754 half and single precision, over spans.</summary>
public static class Float16
{
    /// <summary>Widens half-precision bit patterns to single precision; exact, subnormals, infinities and NaN included.</summary>
    /// <param name="source">Bit patterns of half-precision numbers.</param>
    /// <param name="destination">At least as long as the source.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static void ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        if (destination.Length < source.Length)
        {
            throw new ArgumentException("The destination is shorter than the source.", nameof(destination));
        }

        var bits = MemoryMarshal.Cast<float, uint>(destination[..source.Length]);
        var width = Vector<ushort>.Count;
        var i = 0;
        for (; i <= source.Length - width; i += width)
        {
            Vector.Widen(new Vector<ushort>(source.Slice(i, width)), out var low, out var high);
            Widen(low).CopyTo(bits[i..]);
            Widen(high).CopyTo(bits[(i + (width / 2))..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }
    }

    /// <summary>Rounds to half precision, to nearest even.</summary>
    /// <param name="source">Single-precision numbers.</param>
    /// <param name="destination">At least as long as the source; receives bit patterns.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static void FromSingle(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        if (destination.Length < source.Length)
        {
            throw new ArgumentException("The destination is shorter than the source.", nameof(destination));
        }

        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = BitConverter.HalfToUInt16Bits((Half)source[i]);
        }
    }

    // Exponent and mantissa, moved into place, read as a single are the value times 2^-112; one exact multiplication puts that right,
    // for subnormals too. Exponents of all ones (infinity, NaN) keep all ones.
    private static Vector<uint> Widen(Vector<uint> half)
    {
        var sign = (half & new Vector<uint>(0x8000u)) << 16;
        var magnitude = (half & new Vector<uint>(0x7FFFu)) << 13;
        var scaled = Vector.AsVectorUInt32(Vector.AsVectorSingle(magnitude) * new Vector<float>(BitConverter.UInt32BitsToSingle(0x77800000u)));
        var special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x0F800000u));
        return sign | Vector.ConditionalSelect(special, magnitude | new Vector<uint>(0x7F800000u), scaled);
    }
}
