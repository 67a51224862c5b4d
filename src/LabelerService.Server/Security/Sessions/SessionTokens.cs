using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LabelerService.Server.Security.Sessions;

/// <summary>
/// The text of a session's cookie: <c>{content}.{tag}</c>, base64url, the tag an HMAC-SHA-256 of the content. The key lives in the database:
/// every replica accepts every session, none keeps any, and those of another service's database are none here.
/// </summary>
internal sealed class SessionTokens(byte[] key)
{
    /// <summary>Longest text: what browsers keep of a cookie, less its name and attributes.</summary>
    public const int LongestText = 3_800;

    private const int NonceBytes = 16;
    private const int FingerprintBytes = 12;

    /// <summary>Random text for <see cref="Session.Nonce"/>.</summary>
    public static string NewNonce() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceBytes));

    /// <summary>
    /// What a session remembers of the secret of its key. Ids of keys may be chosen (<c>--admin-key-file</c>), so a key may be deleted and
    /// another one made under its id, whose sessions these are not.
    /// </summary>
    public string Fingerprint(byte[] secretHash) => Base64Url.EncodeToString(Mac("key", secretHash).AsSpan(0, FingerprintBytes));

    /// <summary>The text of a session.</summary>
    public string Create(Session session)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(session, SessionFormat.Default.Session);
        return $"{Base64Url.EncodeToString(content)}.{Base64Url.EncodeToString(Mac("session", content))}";
    }

    /// <summary>The session of a text; null for one that was not made here, or not with this key, or was changed.</summary>
    public Session? Read(string text)
    {
        if (text.Length > LongestText || text.Split('.') is not [var first, var second] || !Base64Url.IsValid(first) || !Base64Url.IsValid(second))
        {
            return null;
        }

        var content = Base64Url.DecodeFromChars(first);
        return CryptographicOperations.FixedTimeEquals(Mac("session", content), Base64Url.DecodeFromChars(second))
            ? JsonSerializer.Deserialize(content, SessionFormat.Default.Session)
            : null;
    }

    private byte[] Mac(string purpose, ReadOnlySpan<byte> content)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(Encoding.ASCII.GetBytes(purpose));
        mac.AppendData([0]);
        mac.AppendData(content);
        return mac.GetHashAndReset();
    }
}
