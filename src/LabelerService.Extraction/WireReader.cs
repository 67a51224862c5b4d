using System.Buffers.Binary;

namespace LabelerService.Extraction;

/// <summary>
/// Walks over one message of the Protocol Buffers wire format without copying anything: whatever a file claims, reading it takes no memory
/// and ends where the bytes end.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int VarintBytes = 10;
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Number of the field just read.</summary>
    public int Field { get; private set; }

    /// <summary>Whether its value is <see cref="Content"/>, and not <see cref="Value"/>.</summary>
    public bool HasContent { get; private set; }

    /// <summary>Value of a number.</summary>
    public long Value { get; private set; }

    /// <summary>Bytes of a text, a message or packed numbers.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Reads the next field; false at the end.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint(ref _rest);
        var field = tag >>> 3;
        if (field is 0 or > (1 << 29) - 1)
        {
            throw new InvalidDataException("a field has a number that none can have");
        }

        Field = (int)field;
        HasContent = (tag & 7) == 2;
        switch (tag & 7)
        {
            case 0:
                Value = (long)ReadVarint(ref _rest);
                break;
            case 1:
                Value = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));
                break;
            case 2:
                var length = ReadVarint(ref _rest);
                Content = length <= (ulong)_rest.Length ? Take((int)length) : throw new InvalidDataException("a field reaches beyond its message");
                break;
            case 5:
                Value = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
                break;
            default:
                throw new InvalidDataException("a field has a type that the format does not use");
        }

        return true;
    }

    /// <summary>Reads one number of packed ones.</summary>
    public static ulong ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var i = 0; i < VarintBytes && i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("a number does not end");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new InvalidDataException("it ends in the middle of a number");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
