using System.Text;
using System.Text.Unicode;

namespace LabelerService.Formats.Tables;

/// <summary>UTF-8, strictly: bytes that are not are refused, never replaced.</summary>
internal static class Utf8Text
{
    /// <summary>What is said of a file that begins as another encoding; null if it does not.</summary>
    public static string? ForeignEncoding(ReadOnlySpan<byte> head) =>
        head.StartsWith<byte>([0xFF, 0xFE]) || head.StartsWith<byte>([0xFE, 0xFF]) ? "is UTF-16: save it as UTF-8" : null;

    /// <summary>Bytes of a byte order mark at the beginning.</summary>
    public static int MarkLength(ReadOnlySpan<byte> head) => head.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? 3 : 0;

    /// <summary>Whether bytes are UTF-8.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes);

    /// <summary>Valid UTF-8 as text.</summary>
    public static string Read(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
