using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LabelerService.Core.Tensors;

/// <summary>
/// Reads NumPy's NPY format, versions 1 to 3, C order, little-endian, from a stream that need not be seekable. Memory follows the bytes
/// that arrive, never the size that a header claims.
/// </summary>
public sealed class NpyReader
{
    private const int ChunkBytes = 64 * 1024;
    private const uint MaximumHeaderBytes = 1024 * 1024;
    private readonly Stream _stream;
    private long _left;

    private NpyReader(Stream stream, NpyHeader header)
    {
        _stream = stream;
        Header = header;
        _left = header.Count;
    }

    /// <summary>Element type and shape.</summary>
    public NpyHeader Header { get; }

    /// <summary>Elements not read yet.</summary>
    public long Left => _left;

    /// <summary>Reads the header and stands before the first element. The stream stays the caller's to dispose.</summary>
    /// <exception cref="FormatException">Not NPY, cut off, or an array of a kind that is not read.</exception>
    public static NpyReader Open(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        ReadExactly(stream, prefix, "header");
        if (!prefix[..6].SequenceEqual(NpyWriter.Magic))
        {
            throw new FormatException("The file is not in NPY format: it does not begin with \\x93NUMPY.");
        }

        if (prefix[6] is < 1 or > 3)
        {
            throw new FormatException($"NPY version {prefix[6]}.{prefix[7]} is not read; versions 1 to 3 are.");
        }

        Span<byte> lengthBytes = stackalloc byte[4];
        lengthBytes.Clear();
        ReadExactly(stream, lengthBytes[..(prefix[6] == 1 ? 2 : 4)], "header");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > MaximumHeaderBytes)
        {
            throw new FormatException($"The NPY header claims {length} bytes; at most {MaximumHeaderBytes} are read.");
        }

        var literal = ReadGrowing(stream, length, "header");
        return new NpyReader(stream, NpyHeader.Parse(literal.WrittenSpan));
    }

    /// <summary>Reads the next elements, converted to single precision.</summary>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="FormatException">The file ends before.</exception>
    /// <exception cref="InvalidOperationException">More elements are asked for than the shape has left.</exception>
    public void Read(Span<float> destination)
    {
        Take(destination.Length);
        if (Header.Type == NpyType.Float32 && BitConverter.IsLittleEndian)
        {
            ReadExactly(_stream, MemoryMarshal.AsBytes(destination), "data");
            return;
        }

        var size = Header.ElementSize;
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (!destination.IsEmpty)
            {
                var count = Math.Min(destination.Length, ChunkBytes / size);
                var bytes = buffer.AsSpan(0, count * size);
                ReadExactly(_stream, bytes, "data");
                Convert(bytes, destination[..count]);
                destination = destination[count..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads all elements that are left, converted to single precision; allocates only as data arrives.</summary>
    /// <exception cref="FormatException">The file ends before, or holds more than an array can.</exception>
    public float[] ReadToEnd()
    {
        if (_left > Array.MaxLength)
        {
            throw new FormatException($"The NPY array has {_left} elements; read it in parts.");
        }

        var result = new float[(int)Math.Min(_left, ChunkBytes)];
        var filled = 0;
        while (_left > 0)
        {
            if (filled == result.Length)
            {
                Array.Resize(ref result, (int)Math.Min(filled + _left, Math.Min(2L * result.Length, Array.MaxLength)));
            }

            Read(result.AsSpan(filled));
            filled = result.Length;
        }

        return result;
    }

    /// <summary>Reads all elements that are left as whole numbers.</summary>
    /// <exception cref="FormatException">The file ends before, holds too much, or is of a floating-point type.</exception>
    public long[] ReadIntegersToEnd()
    {
        if (Header.Type is not (NpyType.UInt8 or NpyType.Int32 or NpyType.Int64))
        {
            throw new FormatException($"The NPY array is of type {Header.Type}; whole numbers are needed.");
        }

        if (_left > Array.MaxLength)
        {
            throw new FormatException($"The NPY array has {_left} elements; read it in parts.");
        }

        var size = Header.ElementSize;
        var bytes = ReadGrowing(_stream, _left * size, "data").WrittenSpan;
        var result = new long[bytes.Length / size];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Header.Type switch
            {
                NpyType.UInt8 => bytes[i],
                NpyType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]),
                _ => BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * 8)..]),
            };
        }

        _left = 0;
        return result;
    }

    /// <summary>Fails if anything follows the array.</summary>
    /// <exception cref="FormatException">Bytes follow.</exception>
    public void ExpectEnd()
    {
        if (_left > 0)
        {
            throw new InvalidOperationException($"{_left} elements are not read yet.");
        }

        if (_stream.ReadByte() >= 0)
        {
            throw new FormatException("Something follows the NPY array.");
        }
    }

    private void Take(int count)
    {
        if (count > _left)
        {
            throw new InvalidOperationException($"{count} elements asked for, {_left} left.");
        }

        _left -= count;
    }

    private void Convert(ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        if (Header.Type == NpyType.Float16 && BitConverter.IsLittleEndian)
        {
            Float16.ToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), destination);
            return;
        }

        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = Header.Type switch
            {
                NpyType.UInt8 => bytes[i],
                NpyType.Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * 2)..]),
                NpyType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * 4)..]),
                NpyType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * 4)..]),
                NpyType.Float64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * 8)..]),
                _ => BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * 8)..]),
            };
        }
    }

    private static ArrayBufferWriter<byte> ReadGrowing(Stream stream, long length, string part)
    {
        var writer = new ArrayBufferWriter<byte>();
        while (writer.WrittenCount < length)
        {
            var span = writer.GetSpan(1);
            span = span[..(int)Math.Min(span.Length, length - writer.WrittenCount)];
            var read = stream.Read(span);
            if (read == 0)
            {
                throw CutOff(part);
            }

            writer.Advance(read);
        }

        return writer;
    }

    private static void ReadExactly(Stream stream, Span<byte> destination, string part)
    {
        if (stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length)
        {
            throw CutOff(part);
        }
    }

    private static FormatException CutOff(string part) => new($"The NPY file is cut off in its {part}.");
}
