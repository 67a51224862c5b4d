using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace LabelerService.Core.Tensors;

/// <summary>
/// Named arrays of numbers and some text about them, as one block of bytes that is nothing but data: a header in JSON that says where each
/// array lies, the arrays, and a SHA-256 over all of it. The idea is that of safetensors; reading executes nothing and believes nothing.
/// </summary>
/// <remarks>
/// Layout, little-endian: 8 bytes <c>LBLTENS1</c>, int64 length of the header, the header, the arrays one after the other in the header's
/// order without gaps, 32 bytes SHA-256 of everything before.
/// </remarks>
public sealed class TensorArchive
{
    private const int HashLength = 32;
    private const int MaximumHeader = 64 << 20;
    private static readonly byte[] Magic = "LBLTENS1"u8.ToArray();

    private static readonly Dictionary<string, (Type Type, int Width)> Types = new(StringComparer.Ordinal)
    {
        ["U8"] = (typeof(byte), 1),
        ["I16"] = (typeof(short), 2),
        ["I32"] = (typeof(int), 4),
        ["I64"] = (typeof(long), 8),
        ["F32"] = (typeof(float), 4),
        ["F64"] = (typeof(double), 8),
    };

    /// <summary>Puts arrays together; they are not copied.</summary>
    /// <param name="metadata">Text by key.</param>
    /// <param name="arrays">One-dimensional arrays of byte, short, int, long, float or double, by name.</param>
    /// <param name="shapes">Shapes of arrays that are more than a row of numbers, by name.</param>
    /// <exception cref="ArgumentException">An array of another type, or a shape that is not its array's.</exception>
    public TensorArchive(
        IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, Array> arrays, IReadOnlyDictionary<string, long[]>? shapes = null)
    {
        Metadata = metadata;
        Arrays = arrays;
        Shapes = shapes ?? new Dictionary<string, long[]>();
        foreach (var (name, array) in arrays)
        {
            if (array.Rank != 1 || NameOf(array) is null)
            {
                throw new ArgumentException($"{name} is a {array.GetType().Name}.", nameof(arrays));
            }

            if (Shapes.TryGetValue(name, out var shape) && Size(shape) != array.LongLength)
            {
                throw new ArgumentException($"{name} has {array.LongLength} values, which is not {string.Join('×', shape)}.", nameof(shapes));
            }
        }
    }

    /// <summary>Text by key.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Arrays by name.</summary>
    public IReadOnlyDictionary<string, Array> Arrays { get; }

    /// <summary>Shapes by name; an array without one is a row of numbers.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes { get; }

    /// <summary>Bytes of the arrays together.</summary>
    public long DataLength => Arrays.Values.Sum(array => (long)Buffer.ByteLength(array));

    /// <summary>Writes the archive.</summary>
    /// <exception cref="OverflowException">It is more than one block of bytes can hold.</exception>
    public byte[] ToBytes()
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new Header(
            Metadata, [.. Arrays.Select(pair => new Entry(pair.Key, NameOf(pair.Value)!, ShapeOf(pair.Key, pair.Value)))]));
        var bytes = new byte[checked((int)(Magic.Length + sizeof(long) + header.LongLength + DataLength + HashLength))];
        Magic.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(Magic.Length), header.LongLength);
        var at = Magic.Length + sizeof(long);
        header.CopyTo(bytes, at);
        at += header.Length;
        foreach (var array in Arrays.Values)
        {
            var length = Buffer.ByteLength(array);
            Buffer.BlockCopy(array, 0, bytes, at, length);
            at += length;
        }

        SHA256.HashData(bytes.AsSpan(0, at), bytes.AsSpan(at));
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is not that, or not whole.</exception>
    public static TensorArchive Read(ReadOnlySpan<byte> bytes)
    {
        var start = Magic.Length + sizeof(long);
        if (bytes.Length < start + HashLength || !bytes.StartsWith(Magic))
        {
            throw new InvalidDataException("Not an archive of tensors of this version.");
        }

        var content = bytes[..^HashLength];
        if (!SHA256.HashData(content).AsSpan().SequenceEqual(bytes[^HashLength..]))
        {
            throw new InvalidDataException("The content is not what its hash promises.");
        }

        var length = BinaryPrimitives.ReadInt64LittleEndian(content[Magic.Length..]);
        if (length is < 2 or > MaximumHeader || length > content.Length - start)
        {
            throw new InvalidDataException("The header is longer than the archive, or than any header.");
        }

        var header = ReadHeader(content.Slice(start, (int)length));
        var data = content[(start + (int)length)..];
        var arrays = new Dictionary<string, Array>(StringComparer.Ordinal);
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var entry in header.Tensors!)
        {
            if (entry?.Name is null || entry.Shape is null || entry.Type is null || !Types.TryGetValue(entry.Type, out var type))
            {
                throw new InvalidDataException("An array has no name, shape or known type.");
            }

            var count = Size(entry.Shape);
            if (count < 0 || count > data.Length / type.Width)
            {
                throw new InvalidDataException($"{entry.Name} reaches beyond the end.");
            }

            var array = Array.CreateInstance(type.Type, (int)count);
            var size = (int)count * type.Width;
            data[..size].CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(array), size));
            data = data[size..];
            if (!arrays.TryAdd(entry.Name, array))
            {
                throw new InvalidDataException($"{entry.Name} is there twice.");
            }

            if (entry.Shape.Length != 1)
            {
                shapes.Add(entry.Name, entry.Shape);
            }
        }

        return data.IsEmpty
            ? new TensorArchive(header.Metadata!, arrays, shapes)
            : throw new InvalidDataException($"{data.Length} bytes belong to no array.");
    }

    private static Header ReadHeader(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<Header>(json) is { Metadata: not null, Tensors: not null } header && !header.Metadata.Values.Contains(null!)
                ? header
                : throw new InvalidDataException("The header lacks parts.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"The header is not what it should be: {error.Message}", error);
        }
    }

    // −1 for a shape that nothing has.
    private static long Size(long[] shape)
    {
        var size = 1L;
        foreach (var side in shape)
        {
            if (side < 0 || (side > 0 && size > int.MaxValue / side))
            {
                return -1;
            }

            size *= side;
        }

        return size;
    }

    private static string? NameOf(Array array) =>
        Types.FirstOrDefault(type => type.Value.Type == array.GetType().GetElementType()).Key;

    private long[] ShapeOf(string name, Array array) => Shapes.TryGetValue(name, out var shape) ? shape : [array.LongLength];

    private sealed record Header(IReadOnlyDictionary<string, string>? Metadata, Entry[]? Tensors);

    private sealed record Entry(string? Name, string? Type, long[]? Shape);
}
