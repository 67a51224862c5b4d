using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Paging;

/// <summary>
/// Page tokens: the cursor of a list, authenticated together with the other arguments of the call, so that a token can be neither made
/// up nor used with other arguments (AIP-158). The key lives in the database: every replica accepts every token.
/// </summary>
internal sealed class PageTokens(byte[] key)
{
    private const int TagBytes = 16;
    private const int DefaultSize = 50;
    private const int MaximumSize = 1_000;

    /// <summary>The page size that a request asks for: 0 means 50 unless said otherwise, above 1,000 means 1,000.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a negative size.</exception>
    public static int Size(int requested, int otherwise = DefaultSize) => requested switch
    {
        < 0 => throw ServiceException.InvalidField("page_size", "must not be negative"),
        0 => otherwise,
        _ => Math.Min(requested, MaximumSize),
    };

    /// <summary>Makes the token for the page after <paramref name="cursor"/>.</summary>
    /// <param name="scope">Method and all other arguments of the call.</param>
    /// <param name="cursor">Position of the last entry returned.</param>
    public string Create(string scope, string cursor)
    {
        var text = Encoding.UTF8.GetBytes(cursor);
        var token = new byte[TagBytes + text.Length];
        Tag(scope, text).CopyTo(token, 0);
        text.CopyTo(token, TagBytes);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The cursor of a token; null for the first page.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a token that is not of this call.</exception>
    public string? Read(string scope, string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        var bytes = new byte[Base64Url.GetMaxDecodedLength(token.Length)];
        if (!Base64Url.IsValid(token) || !Base64Url.TryDecodeFromChars(token, bytes, out var length) || length < TagBytes)
        {
            throw Refused();
        }

        var text = bytes.AsSpan(TagBytes, length - TagBytes).ToArray();
        return CryptographicOperations.FixedTimeEquals(Tag(scope, text), bytes.AsSpan(0, TagBytes))
            ? Encoding.UTF8.GetString(text)
            : throw Refused();
    }

    private byte[] Tag(string scope, byte[] cursor)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        var scopeBytes = Encoding.UTF8.GetBytes(scope);
        mac.AppendData(BitConverter.GetBytes(scopeBytes.Length));
        mac.AppendData(scopeBytes);
        mac.AppendData(cursor);
        return mac.GetHashAndReset()[..TagBytes];
    }

    private static ServiceException Refused() => ServiceException.InvalidField(
        "page_token", "must be the next_page_token of an earlier answer to the same call; leave it empty to start over");
}
