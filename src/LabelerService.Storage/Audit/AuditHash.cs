using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LabelerService.Storage.Audit;

/// <summary>
/// The hash of an event: SHA-256 over a version, the hash before and every column, each text and digest with its length in front, so that no
/// two different events are the same bytes.
/// </summary>
internal static class AuditHash
{
    /// <summary>What the first event follows.</summary>
    public static readonly byte[] Beginning = new byte[SHA256.HashSizeInBytes];

    private static readonly byte[] Version = "labeler audit 1"u8.ToArray();

    /// <summary>The hash that an event has to have after <see cref="AuditRecord.PreviousHash"/>.</summary>
    public static byte[] Of(AuditRecord row)
    {
        var canonical = new ArrayBufferWriter<byte>(256);
        canonical.Write(Version);
        Bytes(canonical, row.PreviousHash);
        Number(canonical, row.Sequence);
        Number(canonical, Microseconds(row.Time));
        Text(canonical, row.Actor);
        Number(canonical, row.Role is { } role ? (long)role : 0);
        Text(canonical, row.Method);
        Text(canonical, row.Resource);
        Text(canonical, row.Outcome);
        Number(canonical, row.Begun);
        Number(canonical, row.Count);
        Bytes(canonical, row.RequestDigest);
        return SHA256.HashData(canonical.WrittenSpan);
    }

    // What PostgreSQL keeps of a time.
    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Number(ArrayBufferWriter<byte> to, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(to.GetSpan(sizeof(long)), number);
        to.Advance(sizeof(long));
    }

    private static void Text(ArrayBufferWriter<byte> to, string text) => Bytes(to, Encoding.UTF8.GetBytes(text));

    private static void Bytes(ArrayBufferWriter<byte> to, byte[] bytes)
    {
        Number(to, bytes.Length);
        to.Write(bytes);
    }
}
