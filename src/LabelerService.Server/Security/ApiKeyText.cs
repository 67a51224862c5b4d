using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Contracts;

namespace LabelerService.Server.Security;

/// <summary>
/// The text of an API key: <c>lbl_{id}_{secret}</c>. The id is public, names the key in the API and finds its row; the secret is 256
/// random bits, base64url. Only the secret's SHA-256 is kept: with that many random bits no slow hash is needed.
/// </summary>
internal static class ApiKeyText
{
    /// <summary>What every key starts with, so that scanners for leaked secrets can find one.</summary>
    public const string Prefix = "lbl_";

    private const int SecretBytes = 32;
    private const int SecretLength = 43;
    private const int IdLength = 12;
    private const string IdAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    /// <summary>Makes a new key.</summary>
    /// <returns>Its id, its full text (to be shown once), and the hash to keep.</returns>
    public static (string Id, string Text, byte[] Hash) Create()
    {
        var id = RandomNumberGenerator.GetString(IdAlphabet, IdLength);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (id, $"{Prefix}{id}_{secret}", Hash(secret));
    }

    /// <summary>Takes a key apart.</summary>
    /// <returns>Whether the text has the form of a key; whether it is one, the hash says.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? id, [NotNullWhen(true)] out byte[]? hash)
    {
        (id, hash) = (null, null);
        var at = text.Length - SecretLength - 1;
        if (at <= Prefix.Length || text[at] != '_' || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var (name, secret) = (text[Prefix.Length..at], text[(at + 1)..]);
        if (!ResourceName.IsId(name) || !Base64Url.IsValid(secret, out var length) || length != SecretBytes)
        {
            return false;
        }

        (id, hash) = (name, Hash(secret));
        return true;
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.ASCII.GetBytes(secret));
}
