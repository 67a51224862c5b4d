using System.Buffers.Binary;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Ingest;

/// <summary>Copies annotations in that are all new, as PostgreSQL's binary COPY format.</summary>
internal static class AnnotationCopy
{
    private const int ChunkBytes = 64 * 1024;
    private const int RowBytes = 2 + (3 * (4 + 8)) + (4 + 2) + (4 + 4) + (4 + 4) + (4 + 8);
    private const int Null = -1;

    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Signature, flags, length of the header's extension.</summary>
    private static ReadOnlySpan<byte> Header => [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <exception cref="LostRaceException">Another transaction wrote one of the pairs at the same time.</exception>
    public static async Task WriteAsync(NpgsqlConnection connection, long datasetKey, GroupRows rows, CancellationToken cancel)
    {
        var full = HasDetails(rows);
        var columns = full ? ", confidence, duration_ms, annotated_at" : "";
        try
        {
            await using var copy = await connection.BeginRawBinaryCopyAsync(
                $"COPY annotations (dataset_id, item_key, labeler_key, class_index{columns}) FROM STDIN (FORMAT BINARY)", cancel);
            var buffer = new byte[ChunkBytes];
            Header.CopyTo(buffer);
            var used = Header.Length;
            for (var row = 0; row < rows.Count; row++)
            {
                if (used + RowBytes > buffer.Length)
                {
                    await copy.WriteAsync(buffer.AsMemory(0, used), cancel);
                    used = 0;
                }

                used += Row(buffer.AsSpan(used), datasetKey, rows[row], rows.Content(row), full);
            }

            if (used + sizeof(short) > buffer.Length)
            {
                await copy.WriteAsync(buffer.AsMemory(0, used), cancel);
                used = 0;
            }

            BinaryPrimitives.WriteInt16BigEndian(buffer.AsSpan(used), -1);
            await copy.WriteAsync(buffer.AsMemory(0, used + sizeof(short)), cancel);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new LostRaceException("Another transaction has just written one of the annotations.");
        }
    }

    private static bool HasDetails(GroupRows rows)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            var content = rows.Content(row);
            if (content.Confidence is not null || content.DurationMs is not null || content.AnnotatedAt is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static int Row(Span<byte> to, long datasetKey, in RowKey key, in AnnotationWrite content, bool full)
    {
        BinaryPrimitives.WriteInt16BigEndian(to, (short)(full ? 7 : 4));
        var at = sizeof(short);
        Long(to, ref at, datasetKey);
        Long(to, ref at, key.Item);
        Long(to, ref at, key.Labeler);
        BinaryPrimitives.WriteInt32BigEndian(to[at..], sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(to[(at + 4)..], (short)content.ClassIndex.GetValueOrDefault());
        at += 4 + sizeof(short);
        if (full)
        {
            Int(to, ref at, content.Confidence is { } confidence ? BitConverter.SingleToInt32Bits(confidence) : null);
            Int(to, ref at, content.DurationMs);
            Long(to, ref at, content.AnnotatedAt is { } time ? (time - Epoch).Ticks / TimeSpan.TicksPerMicrosecond : null);
        }

        return at;
    }

    private static void Long(Span<byte> to, ref int at, long? value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to[at..], value is null ? Null : sizeof(long));
        at += 4;
        if (value is { } known)
        {
            BinaryPrimitives.WriteInt64BigEndian(to[at..], known);
            at += sizeof(long);
        }
    }

    private static void Int(Span<byte> to, ref int at, int? value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to[at..], value is null ? Null : sizeof(int));
        at += 4;
        if (value is { } known)
        {
            BinaryPrimitives.WriteInt32BigEndian(to[at..], known);
            at += sizeof(int);
        }
    }
}
