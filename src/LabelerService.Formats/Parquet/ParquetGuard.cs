using System.Buffers.Binary;
using System.IO.Compression;
using LabelerService.Formats.Tables;
using Parquet.Meta;

namespace LabelerService.Formats.Parquet;

/// <summary>
/// Checks what a Parquet file claims before the library believes it: sizes of the footer, of row groups, columns and pages. Memory stays
/// bounded by what the file really holds and by the limits here.
/// </summary>
internal static class ParquetGuard
{
    /// <summary>Most bytes that the columns read may unpack to, a row group.</summary>
    public const long MaximumGroupBytes = 1L << 30;

    /// <summary>Most rows of a row group.</summary>
    public const long MaximumGroupRows = 16_000_000;

    private const int MaximumFooterBytes = 64 << 20;
    private const int MaximumPageBytes = 256 << 20;
    private const int MaximumPageHeaderBytes = 1 << 20;
    private const int TrailerBytes = 8;

    // Value, definition level, repetition level.
    private const int MemoryPerValue = 3 * sizeof(int);

    /// <summary>Checks the file's ends and its footer.</summary>
    /// <exception cref="FileFormatException">It is no Parquet file, or a broken one.</exception>
    public static void CheckFooter(Stream stream)
    {
        if (stream.Length < 4 + TrailerBytes)
        {
            throw new FileFormatException(default, stream.Length == 0 ? "is empty" : "is no Parquet file: it is too short");
        }

        Span<byte> ends = stackalloc byte[4 + TrailerBytes];
        stream.Position = 0;
        stream.ReadExactly(ends[..4]);
        stream.Position = stream.Length - TrailerBytes;
        stream.ReadExactly(ends[4..]);
        if (!ends[..4].SequenceEqual("PAR1"u8))
        {
            throw new FileFormatException(
                default, ends[..4].SequenceEqual("PARE"u8) ? "is encrypted" : "is no Parquet file: it does not begin with PAR1");
        }

        if (!ends[8..].SequenceEqual("PAR1"u8))
        {
            throw new FileFormatException(default, "is cut off: it does not end with PAR1");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(ends[4..]);
        if (length == 0 || length > stream.Length - 4 - TrailerBytes || length > MaximumFooterBytes)
        {
            throw new FileFormatException(default, $"is broken: its footer claims {length} bytes");
        }

        var footer = new byte[length];
        stream.Position = stream.Length - TrailerBytes - length;
        stream.ReadExactly(footer);
        stream.Position = 0;
        try
        {
            ParquetSchemaCheck.Check(footer);
        }
        catch (FormatException exception)
        {
            throw new FileFormatException(default, $"has a broken footer: {exception.Message}");
        }
    }

    /// <summary>Checks the columns of a row group that will be read.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="rows">Rows that the group claims.</param>
    /// <param name="columns">The columns.</param>
    /// <exception cref="FormatException">They cannot be what they claim, or are more than is read at once.</exception>
    public static void CheckGroup(Stream stream, long rows, IEnumerable<(string Name, bool Repeats, ColumnMetaData? Column)> columns)
    {
        if (rows is < 0 or > MaximumGroupRows)
        {
            throw new FormatException($"it claims {rows} rows; at most {MaximumGroupRows} are read at once: write smaller row groups");
        }

        var total = 0L;
        foreach (var (name, repeats, column) in columns)
        {
            if (column is null)
            {
                throw new FormatException($"its column {name} has no description");
            }

            if (column.NumValues < 0 || (!repeats && column.NumValues != rows))
            {
                throw new FormatException($"its column {name} has {column.NumValues} values for {rows} rows");
            }

            total += column.NumValues > MaximumGroupBytes ? MaximumGroupBytes + 1 : column.NumValues * MemoryPerValue;
            RequireBounded(total);
            total += CheckPages(stream, name, column, MaximumGroupBytes - total);
            RequireBounded(total);
        }
    }

    private static void RequireBounded(long total)
    {
        if (total > MaximumGroupBytes)
        {
            throw new FormatException(
                $"it unpacks to more than {MaximumGroupBytes >> 20} MiB: write smaller row groups (pyarrow: row_group_size=50000)");
        }
    }

    private static long CheckPages(Stream stream, string name, ColumnMetaData column, long budget)
    {
        var dictionary = column.DictionaryPageOffset ?? 0;
        var position = dictionary > 0 ? Math.Min(dictionary, column.DataPageOffset) : column.DataPageOffset;
        if (position < 4 || column.TotalCompressedSize < 0 || position > stream.Length || column.TotalCompressedSize > stream.Length - position)
        {
            throw new FormatException($"its column {name} lies outside the file");
        }

        var end = position + column.TotalCompressedSize;
        var (values, unpacked) = (0L, 0L);
        while (values < column.NumValues)
        {
            var page = ReadHeader(stream, position, end) ?? throw new FormatException($"its column {name} ends before its values do");
            if (page.CompressedBytes > end - position - page.Length)
            {
                throw new FormatException($"a page of its column {name} claims {page.CompressedBytes} bytes, more than the column has");
            }

            if (page.UncompressedBytes > MaximumPageBytes || page.UncompressedBytes > budget - unpacked)
            {
                throw new FormatException($"a page of its column {name} claims to unpack to {page.UncompressedBytes} bytes: write smaller pages or row groups");
            }

            if (page.IsDictionary && page.Values > page.UncompressedBytes)
            {
                throw new FormatException($"the dictionary of its column {name} claims {page.Values} values in {page.UncompressedBytes} bytes");
            }

            // Bytes: plain, by dictionary, delta length, delta. What is meant for numbers would be written over references.
            if (column.Type == global::Parquet.Meta.Type.BYTE_ARRAY && (page.IsData || page.IsDictionary) && page.Encoding is not (0 or 2 or 6 or 7 or 8))
            {
                throw new FormatException($"a page of its column {name} has encoding {page.Encoding}, which text and bytes cannot have");
            }

            CheckUnpacked(stream, name, column.Codec, position + page.Length, page);
            unpacked += page.UncompressedBytes;
            values += page.IsData ? page.Values : 0;
            position += page.Length + page.CompressedBytes;
        }

        return values == column.NumValues
            ? unpacked
            : throw new FormatException($"the pages of its column {name} hold {values} values; it claims {column.NumValues}");
    }

    private static PageHeader? ReadHeader(Stream stream, long position, long end)
    {
        for (var size = 256; ; size *= 8)
        {
            var bytes = new byte[Math.Min(size, end - position)];
            stream.Position = position;
            stream.ReadExactly(bytes);
            if (PageHeader.Read(bytes) is { } header)
            {
                return header;
            }

            if (bytes.Length < size || size >= MaximumPageHeaderBytes)
            {
                return null;
            }
        }
    }

    /// <summary>Refuses a page that unpacks to more than it says, where the codec lets that be seen without unpacking it into memory.</summary>
    private static void CheckUnpacked(Stream stream, string name, CompressionCodec codec, long position, PageHeader page)
    {
        // In pages of the second version the levels in front are not compressed and the rest need not be.
        if (page.Type == 3)
        {
            return;
        }

        stream.Position = position;
        var right = codec switch
        {
            CompressionCodec.UNCOMPRESSED => page.CompressedBytes == page.UncompressedBytes,
            CompressionCodec.SNAPPY => SnappyLength(stream, page) == page.UncompressedBytes,
            CompressionCodec.GZIP => UnpacksTo(new GZipStream(new PartOf(stream, page.CompressedBytes), CompressionMode.Decompress), page.UncompressedBytes),
            CompressionCodec.BROTLI => UnpacksTo(new BrotliStream(new PartOf(stream, page.CompressedBytes), CompressionMode.Decompress), page.UncompressedBytes),
            _ => true,
        };
        if (!right)
        {
            throw new FormatException($"a page of its column {name} does not unpack to the {page.UncompressedBytes} bytes that it claims");
        }
    }

    // Snappy begins with the length, as a varint.
    private static long SnappyLength(Stream stream, PageHeader page)
    {
        var length = 0L;
        for (var i = 0; i < Math.Min(5, page.CompressedBytes); i++)
        {
            var part = stream.ReadByte();
            length |= (long)(part & 0x7F) << (7 * i);
            if ((part & 0x80) == 0)
            {
                return length;
            }
        }

        return -1;
    }

    private static bool UnpacksTo(Stream unpacking, long bytes)
    {
        using (unpacking)
        {
            var buffer = new byte[1 << 16];
            var total = 0L;
            try
            {
                while (total <= bytes && unpacking.Read(buffer) is var read && read > 0)
                {
                    total += read;
                }
            }
            catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
            {
                return false;
            }

            return total == bytes;
        }
    }

    /// <summary>So many bytes of a stream and no more; leaves the stream open.</summary>
    private sealed class PartOf(Stream stream, long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = stream.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
