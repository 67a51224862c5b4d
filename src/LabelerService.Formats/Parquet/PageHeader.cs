namespace LabelerService.Formats.Parquet;

/// <summary>What a page of a column says of itself.</summary>
/// <param name="Type">0 data, 1 index, 2 dictionary, 3 data of the second version.</param>
/// <param name="UncompressedBytes">Its size when it is unpacked.</param>
/// <param name="CompressedBytes">Its size in the file.</param>
/// <param name="Values">Its values, nulls included.</param>
/// <param name="Length">Bytes of the header itself.</param>
/// <param name="Encoding">How its values are encoded.</param>
internal readonly record struct PageHeader(int Type, long UncompressedBytes, long CompressedBytes, long Values, int Length, long Encoding)
{
    public bool IsData => Type is 0 or 3;

    public bool IsDictionary => Type == 2;

    /// <summary>Reads a header.</summary>
    /// <returns>Null if the bytes end within it.</returns>
    /// <exception cref="FormatException">It is no page header.</exception>
    public static PageHeader? Read(ReadOnlySpan<byte> bytes)
    {
        var types = new CompactProtocol(bytes);
        ThriftShape.PageHeader.Check(ref types);
        if (types.IsCutOff)
        {
            return null;
        }

        var protocol = new CompactProtocol(bytes);
        var (type, uncompressed, compressed, values, encoding) = (-1L, -1L, -1L, -1L, -1L);
        var id = 0;
        while (!protocol.IsCutOff)
        {
            var kind = protocol.Field(ref id);
            switch (id)
            {
                case var _ when kind == CompactProtocol.Kind.Stop:
                    return protocol.IsCutOff ? null : Check(type, uncompressed, compressed, values, encoding, protocol.Position);
                case 1:
                    type = protocol.Number(kind);
                    break;
                case 2:
                    uncompressed = protocol.Number(kind);
                    break;
                case 3:
                    compressed = protocol.Number(kind);
                    break;
                case 5 or 7 or 8 when kind == CompactProtocol.Kind.Struct:
                    (values, encoding) = ReadValues(ref protocol, id == 8 ? 4 : 2);
                    break;
                default:
                    protocol.Skip(kind);
                    break;
            }
        }

        return null;
    }

    private static PageHeader Check(long type, long uncompressed, long compressed, long values, long encoding, int length) =>
        type is >= 0 and <= 3 && uncompressed is >= 0 and <= int.MaxValue && compressed is >= 0 and <= int.MaxValue
        && (type == 1 || values is >= 0 and <= int.MaxValue)
            ? new PageHeader((int)type, uncompressed, compressed, values, length, encoding)
            : throw new FormatException("a page header without type or sizes");

    // Data, dictionary and second-version headers alike have the number of values first.
    private static (long Values, long Encoding) ReadValues(ref CompactProtocol protocol, int encodingField)
    {
        var (values, encoding) = (-1L, -1L);
        var id = 0;
        while (!protocol.IsCutOff && protocol.Field(ref id) is var kind && kind != CompactProtocol.Kind.Stop)
        {
            if (id == 1)
            {
                values = protocol.Number(kind);
            }
            else if (id == encodingField)
            {
                encoding = protocol.Number(kind);
            }
            else
            {
                protocol.Skip(kind);
            }
        }

        return (values, encoding);
    }
}
