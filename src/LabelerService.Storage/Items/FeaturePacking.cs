using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using LabelerService.Core.Tensors;

namespace LabelerService.Storage.Items;

/// <summary>Reads packed little-endian features. The service runs on little-endian machines only (linux-x64).</summary>
public static class FeaturePacking
{
    // The nearest float to value / 255, which is what dividing gives.
    private static readonly float[] OfByte = [.. Enumerable.Range(0, 256).Select(value => value / 255f)];

    /// <summary>Bytes of one value.</summary>
    public static int Size(FeatureEncoding encoding) => encoding switch
    {
        FeatureEncoding.UInt8 => 1,
        FeatureEncoding.Float16 => 2,
        _ => 4,
    };

    /// <summary>Unpacks features into float32.</summary>
    /// <param name="packed">Packed values, as many as <paramref name="target"/> has room for.</param>
    /// <param name="encoding">How they are packed.</param>
    /// <param name="target">Receives the values.</param>
    /// <exception cref="InvalidDataException">The lengths do not fit.</exception>
    public static void Unpack(ReadOnlySpan<byte> packed, FeatureEncoding encoding, Span<float> target)
    {
        if (packed.Length != (long)target.Length * Size(encoding))
        {
            throw new InvalidDataException($"Packed features have {packed.Length} bytes where {target.Length} values are due.");
        }

        switch (encoding)
        {
            case FeatureEncoding.Float32:
                packed.CopyTo(MemoryMarshal.AsBytes(target));
                break;
            case FeatureEncoding.UInt8:
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = OfByte[packed[i]];
                }

                break;
            default:
                Float16.ToSingle(MemoryMarshal.Cast<byte, ushort>(packed), target);
                break;
        }
    }

    /// <summary>Packs float32 values without loss.</summary>
    public static byte[] Pack(ReadOnlySpan<float> values) => MemoryMarshal.AsBytes(values).ToArray();

    /// <summary>Index of the first value that is NaN or infinite; −1 if all are finite.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<byte> packed, FeatureEncoding encoding)
    {
        if (encoding == FeatureEncoding.UInt8)
        {
            return -1;
        }

        if (encoding == FeatureEncoding.Float16)
        {
            for (var i = 0; i + 1 < packed.Length; i += 2)
            {
                if (!Half.IsFinite(BinaryPrimitives.ReadHalfLittleEndian(packed[i..])))
                {
                    return i / 2;
                }
            }

            return -1;
        }

        // The exponent of a float is all ones exactly if it is not finite: an integer test over whole vectors.
        const int Exponent = 0x7F800000;
        var words = MemoryMarshal.Cast<byte, int>(packed);
        var at = 0;
        var mask = new Vector<int>(Exponent);
        for (; at <= words.Length - Vector<int>.Count; at += Vector<int>.Count)
        {
            if (Vector.EqualsAny(new Vector<int>(words[at..]) & mask, mask))
            {
                break;
            }
        }

        for (; at < words.Length; at++)
        {
            if ((words[at] & Exponent) == Exponent)
            {
                return at;
            }
        }

        return -1;
    }
}
