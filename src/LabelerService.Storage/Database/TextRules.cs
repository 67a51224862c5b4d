using System.Text;
using System.Text.RegularExpressions;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Database;

/// <summary>Which texts can be stored: checked before any SQL, so that PostgreSQL never has to refuse one.</summary>
public static partial class TextRules
{
    /// <summary>Longest external id (item, labeler), in bytes of UTF-8.</summary>
    public const int MaxExternalIdBytes = 256;

    /// <summary>Longest display name, in bytes of UTF-8.</summary>
    public const int MaxDisplayNameBytes = 256;

    private const int MaxTags = 64;
    private const int MaxTagBytes = 1024;

    // Strict: throws on a lone surrogate instead of replacing it, because a replaced id would name something else.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Checks an id that users choose for a named resource: <c>[a-z0-9-]{1,63}</c>.</summary>
    /// <exception cref="ServiceException">InvalidArgument naming <paramref name="field"/>.</exception>
    public static void CheckResourceId(string field, string value)
    {
        if (!ResourceId().IsMatch(value))
        {
            throw ServiceException.InvalidField(field, "must be 1 to 63 of a-z, 0-9 and '-'");
        }
    }

    /// <summary>Checks an external id: 1 to 256 bytes of valid UTF-8 without NUL.</summary>
    /// <exception cref="ServiceException">InvalidArgument naming the field.</exception>
    public static void CheckExternalId(string field, string value)
    {
        if (ExternalIdProblem(value) is { } problem)
        {
            throw ServiceException.InvalidField(field, problem);
        }
    }

    /// <summary>Checks a free text of at most <paramref name="maxBytes"/> bytes of valid UTF-8 without NUL; it may be empty.</summary>
    /// <exception cref="ServiceException">InvalidArgument naming the field.</exception>
    public static void CheckText(string field, string value, int maxBytes)
    {
        if (Problem(value, maxBytes) is { } problem)
        {
            throw ServiceException.InvalidField(field, problem);
        }
    }

    /// <summary>Checks a map of tags: at most 64, keys 1 to 256 bytes, values up to 1,024.</summary>
    /// <exception cref="ServiceException">InvalidArgument naming the field.</exception>
    public static void CheckTags(string field, IReadOnlyDictionary<string, string>? tags)
    {
        if (tags is null)
        {
            return;
        }

        if (tags.Count > MaxTags)
        {
            throw ServiceException.InvalidField(field, $"must have at most {MaxTags} entries");
        }

        foreach (var (key, value) in tags)
        {
            CheckExternalId($"{field} key", key);
            CheckText($"{field} value", value, MaxTagBytes);
        }
    }

    /// <summary>What is wrong with an external id; null if nothing. Allocates nothing for a good one.</summary>
    public static string? ExternalIdProblem(string value) =>
        value.Length == 0 ? "must not be empty" : Problem(value, MaxExternalIdBytes);

    private static string? Problem(string value, int maxBytes)
    {
        if (value.Contains('\0'))
        {
            return "must not contain the NUL character";
        }

        int bytes;
        try
        {
            bytes = Utf8.GetByteCount(value);
        }
        catch (EncoderFallbackException)
        {
            return "must be valid Unicode (it has half of a surrogate pair)";
        }

        return bytes > maxBytes ? $"must have at most {maxBytes} bytes of UTF-8 (it has {bytes})" : null;
    }

    [GeneratedRegex(@"\A[a-z0-9-]{1,63}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ResourceId();
}
