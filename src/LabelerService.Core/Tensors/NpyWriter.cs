using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace LabelerService.Core.Tensors;

/// <summary>Writes NumPy's NPY format, C order, little-endian, to a stream that need not be seekable.</summary>
public sealed class NpyWriter
{
    private const int Alignment = 64;
    private const int ChunkElements = 16 * 1024;
    private readonly Stream _stream;
    private readonly NpyHeader _header;
    private long _left;

    private NpyWriter(Stream stream, NpyHeader header)
    {
        _stream = stream;
        _header = header;
        _left = header.Count;
    }

    /// <summary>The six bytes that an NPY file begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Writes the header; the elements follow by <see cref="Write(ReadOnlySpan{float})"/>. The stream stays the caller's to dispose.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="header">Type and shape.</param>
    /// <param name="version">Format version, 1 to 3; 1 is read everywhere.</param>
    public static NpyWriter Open(Stream stream, NpyHeader header, int version = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(version, 3);
        // Prefix, literal, spaces and a newline together are a multiple of 64 bytes, so that mapped data is aligned.
        var literal = header.ToLiteral();
        var prefixLength = version == 1 ? 10 : 12;
        var total = (prefixLength + literal.Length + 1 + Alignment - 1) / Alignment * Alignment;
        Span<byte> prefix = stackalloc byte[12];
        Magic.CopyTo(prefix);
        prefix[6] = (byte)version;
        prefix[7] = 0;
        if (version == 1)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(prefix[8..], checked((ushort)(total - prefixLength)));
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(prefix[8..], (uint)(total - prefixLength));
        }

        stream.Write(prefix[..prefixLength]);
        stream.Write(Encoding.ASCII.GetBytes(literal.PadRight(total - prefixLength - 1) + "\n"));
        return new NpyWriter(stream, header);
    }

    /// <summary>Writes a whole array.</summary>
    /// <exception cref="ArgumentException">The values do not fill the shape.</exception>
    public static void Write(Stream stream, NpyHeader header, ReadOnlySpan<float> values, int version = 1)
    {
        if (values.Length != header.Count)
        {
            throw new ArgumentException($"The shape holds {header.Count} elements, not {values.Length}.", nameof(values));
        }

        Open(stream, header, version).Write(values);
    }

    /// <summary>Writes the next elements, converted to the file's type: rounded to nearest even, saturated at the ends of whole-number types.</summary>
    /// <exception cref="InvalidOperationException">More elements than the shape has left.</exception>
    public void Write(ReadOnlySpan<float> values)
    {
        Take(values.Length);
        if (_header.Type == NpyType.Float32 && BitConverter.IsLittleEndian)
        {
            _stream.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        WriteConverted(values, _header.Type switch
        {
            NpyType.UInt8 => static (span, value) => span[0] = (byte)Math.Clamp(MathF.Round(value), byte.MinValue, byte.MaxValue),
            NpyType.Float16 => static (span, value) => BinaryPrimitives.WriteHalfLittleEndian(span, (Half)value),
            NpyType.Float32 => static (span, value) => BinaryPrimitives.WriteSingleLittleEndian(span, value),
            NpyType.Float64 => static (span, value) => BinaryPrimitives.WriteDoubleLittleEndian(span, value),
            NpyType.Int32 => static (span, value) => BinaryPrimitives.WriteInt32LittleEndian(span, (int)MathF.Round(value)),
            _ => static (span, value) => BinaryPrimitives.WriteInt64LittleEndian(span, (long)MathF.Round(value)),
        });
    }

    /// <summary>Writes the next elements of an array of whole numbers.</summary>
    /// <exception cref="InvalidOperationException">More elements than the shape has left, or a floating-point array.</exception>
    /// <exception cref="OverflowException">A value does not fit the file's type.</exception>
    public void Write(ReadOnlySpan<long> values)
    {
        Take(values.Length);
        WriteConverted(values, _header.Type switch
        {
            NpyType.UInt8 => static (span, value) => span[0] = checked((byte)value),
            NpyType.Int32 => static (span, value) => BinaryPrimitives.WriteInt32LittleEndian(span, checked((int)value)),
            NpyType.Int64 => static (span, value) => BinaryPrimitives.WriteInt64LittleEndian(span, value),
            _ => throw new InvalidOperationException($"The NPY array is of type {_header.Type}, not of whole numbers."),
        });
    }

    private delegate void Encode<T>(Span<byte> destination, T value);

    private void WriteConverted<T>(ReadOnlySpan<T> values, Encode<T> encode)
    {
        var size = _header.ElementSize;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(values.Length, ChunkElements) * size);
        try
        {
            while (!values.IsEmpty)
            {
                var count = Math.Min(values.Length, ChunkElements);
                for (var i = 0; i < count; i++)
                {
                    encode(buffer.AsSpan(i * size, size), values[i]);
                }

                _stream.Write(buffer, 0, count * size);
                values = values[count..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Take(int count)
    {
        if (count > _left)
        {
            throw new InvalidOperationException($"{count} elements given, {_left} left in the shape.");
        }

        _left -= count;
    }
}
