namespace LabelerService.Formats.Parquet;

/// <summary>
/// Walks over structures in Thrift's compact protocol, in which Parquet has its footer and page headers, without believing any length that
/// the bytes at hand cannot hold. It is here so that what a file claims is checked before anything is allocated for it.
/// </summary>
internal ref struct CompactProtocol(ReadOnlySpan<byte> bytes)
{
    private const int MaximumDepth = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Type of a field or element.</summary>
    public enum Kind
    {
        /// <summary>End of a structure.</summary>
        Stop = 0,

        /// <summary>True.</summary>
        True = 1,

        /// <summary>False.</summary>
        False = 2,

        /// <summary>A byte.</summary>
        Byte = 3,

        /// <summary>16 bits.</summary>
        Int16 = 4,

        /// <summary>32 bits.</summary>
        Int32 = 5,

        /// <summary>64 bits.</summary>
        Int64 = 6,

        /// <summary>A double.</summary>
        Double = 7,

        /// <summary>Bytes or text.</summary>
        Binary = 8,

        /// <summary>A list.</summary>
        List = 9,

        /// <summary>A set.</summary>
        Set = 10,

        /// <summary>A map.</summary>
        Map = 11,

        /// <summary>A structure.</summary>
        Struct = 12,

        /// <summary>16 bytes.</summary>
        Uuid = 13,
    }

    /// <summary>Bytes taken.</summary>
    public int Position { get; private set; }

    /// <summary>Whether the bytes ended too early: more of them may make it whole.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Reads the head of the next field of a structure.</summary>
    /// <param name="id">Number of the field before; becomes the number of this one.</param>
    public Kind Field(ref int id)
    {
        var head = Byte();
        var kind = (Kind)(head & 0x0F);
        if (kind == Kind.Stop)
        {
            // The library ends a structure at a zero byte only: with a number in it, it would go on behind the end, for ever.
            return head == 0 ? Kind.Stop : throw new FormatException("a structure ends with a field's number");
        }

        id = head >> 4 == 0 ? (int)ZigZag() : id + (head >> 4);
        return kind <= Kind.Uuid ? kind : throw new FormatException($"a field of type {(int)kind}");
    }

    /// <summary>Reads a whole number of a field.</summary>
    public long Number(Kind kind) => kind switch
    {
        Kind.Int16 or Kind.Int32 or Kind.Int64 => ZigZag(),
        Kind.Byte => (sbyte)Byte(),
        _ => throw new FormatException($"a number is of type {kind}"),
    };

    /// <summary>Reads the head of a list.</summary>
    /// <returns>Number of elements; no more than the bytes can hold.</returns>
    public int List(out Kind element)
    {
        var head = Byte();
        element = (Kind)(head & 0x0F);
        return head >> 4 == 15 ? Count(1) : head >> 4;
    }

    /// <summary>Goes over a value.</summary>
    public void Skip(Kind kind) => Skip(kind, 0, inList: false);

    private void Skip(Kind kind, int depth, bool inList)
    {
        if (depth > MaximumDepth)
        {
            throw new FormatException("it is nested too deep");
        }

        switch (kind)
        {
            case Kind.True or Kind.False:
                Take(inList ? 1 : 0);
                break;
            case Kind.Byte:
                Take(1);
                break;
            case Kind.Int16 or Kind.Int32 or Kind.Int64:
                Varint();
                break;
            case Kind.Double:
                Take(sizeof(double));
                break;
            case Kind.Binary:
                Take(Count(1));
                break;
            case Kind.Uuid:
                Take(16);
                break;
            case Kind.List or Kind.Set:
                SkipList(depth);
                break;
            case Kind.Map:
                SkipMap(depth);
                break;
            case Kind.Struct:
                var id = 0;
                while (!IsCutOff && Field(ref id) is var field && field != Kind.Stop)
                {
                    Skip(field, depth + 1, inList: false);
                }

                break;
            default:
                throw new FormatException($"a value of type {(int)kind}");
        }
    }

    private void SkipList(int depth)
    {
        var count = List(out var element);
        for (var i = 0; i < count && !IsCutOff; i++)
        {
            Skip(element, depth + 1, inList: true);
        }
    }

    private void SkipMap(int depth)
    {
        var count = Count(2);
        if (count == 0)
        {
            return;
        }

        var kinds = Byte();
        for (var i = 0; i < count && !IsCutOff; i++)
        {
            Skip((Kind)(kinds >> 4), depth + 1, inList: true);
            Skip((Kind)(kinds & 0x0F), depth + 1, inList: true);
        }
    }

    /// <summary>A count of things of which each takes so many bytes at least.</summary>
    private int Count(int bytesEach)
    {
        var count = Varint();
        if (count > int.MaxValue)
        {
            throw new FormatException($"a length of {count}");
        }

        if ((long)count * bytesEach > _bytes.Length - Position)
        {
            IsCutOff = true;
            return 0;
        }

        return (int)count;
    }

    private long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if ((part & 0x80) == 0)
            {
                return value;
            }
        }

        throw new FormatException("a number is longer than 64 bits");
    }

    private byte Byte()
    {
        if (Position >= _bytes.Length)
        {
            IsCutOff = true;
            return 0;
        }

        return _bytes[Position++];
    }

    private void Take(int count)
    {
        if (count > _bytes.Length - Position)
        {
            IsCutOff = true;
            Position = _bytes.Length;
            return;
        }

        Position += count;
    }
}
