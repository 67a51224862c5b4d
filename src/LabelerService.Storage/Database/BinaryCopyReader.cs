using System.Buffers;
using System.Buffers.Binary;
using Npgsql;

namespace LabelerService.Storage.Database;

/// <summary>
/// Rows of <c>COPY … TO STDOUT (FORMAT BINARY)</c> whose columns are all of fixed size, straight from the stream: several times as fast as
/// asking for each value asynchronously, which counts where there are millions of rows. The columns are read in their order.
/// </summary>
internal sealed class BinaryCopyReader : IAsyncDisposable
{
    private const int HeaderBytes = 19;
    private const int BufferBytes = 256 * 1024;
    private const int LongestRow = 2 + (16 * (4 + 8));
    private static readonly byte[] Signature = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0];

    private readonly NpgsqlRawCopyStream _stream;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;

    private BinaryCopyReader(NpgsqlRawCopyStream stream) => _stream = stream;

    /// <summary>Starts a COPY. The connection is taken up until the reader is disposed of.</summary>
    public static async Task<BinaryCopyReader> StartAsync(NpgsqlConnection connection, string copy, CancellationToken cancel)
    {
        var reader = new BinaryCopyReader(await connection.BeginRawBinaryCopyAsync(copy, cancel));
        try
        {
            await reader.FillAsync(HeaderBytes, cancel);
            var header = reader._buffer.AsSpan(0, HeaderBytes);
            if (reader._end < HeaderBytes || !header.StartsWith(Signature) || BinaryPrimitives.ReadInt32BigEndian(header[15..]) != 0)
            {
                throw new InvalidDataException("PostgreSQL's binary COPY begins otherwise than documented.");
            }

            reader._start = HeaderBytes;
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Goes to the next row; false at the end.</summary>
    public ValueTask<bool> NextAsync(CancellationToken cancel) =>
        _end - _start >= LongestRow ? new ValueTask<bool>(BeginRow()) : FillAndBeginAsync(cancel);

    /// <summary>The next column, a bigint that is not null.</summary>
    public long Long()
    {
        Expect(sizeof(long));
        var value = BinaryPrimitives.ReadInt64BigEndian(_buffer.AsSpan(_start));
        _start += sizeof(long);
        return value;
    }

    /// <summary>The next column, an integer.</summary>
    public int Int(int whereNull)
    {
        if (!Expect(sizeof(int)))
        {
            return whereNull;
        }

        var value = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        _start += sizeof(int);
        return value;
    }

    /// <summary>The next column, a smallint.</summary>
    public short Short(short whereNull)
    {
        if (!Expect(sizeof(short)))
        {
            return whereNull;
        }

        var value = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start));
        _start += sizeof(short);
        return value;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        await _stream.DisposeAsync();
    }

    private async ValueTask<bool> FillAndBeginAsync(CancellationToken cancel)
    {
        await FillAsync(LongestRow, cancel);
        return BeginRow();
    }

    /// <summary>Reads on until at least so many bytes are there, or all there are.</summary>
    private async ValueTask FillAsync(int bytes, CancellationToken cancel)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < bytes)
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancel);
            if (read == 0)
            {
                return;
            }

            _end += read;
        }
    }

    /// <summary>Reads the number of columns, which is −1 after the last row.</summary>
    private bool BeginRow()
    {
        if (_end - _start < sizeof(short))
        {
            throw new EndOfStreamException("PostgreSQL's COPY ended in the middle.");
        }

        var columns = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start));
        _start += sizeof(short);
        return columns >= 0;
    }

    /// <summary>Reads the length of a column; false where it is null.</summary>
    private bool Expect(int length)
    {
        if (_end - _start < sizeof(int))
        {
            throw new EndOfStreamException("PostgreSQL's COPY ended in the middle.");
        }

        var found = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        _start += sizeof(int);
        return found == length
            ? _end - _start >= length ? true : throw new EndOfStreamException("PostgreSQL's COPY ended in the middle.")
            : found == -1 && length < sizeof(long) ? false : throw new InvalidDataException($"PostgreSQL gave a column of {found} bytes instead of {length}.");
    }
}
