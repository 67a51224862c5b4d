using LabelerService.Server.LabelStudio;
using Microsoft.Extensions.Primitives;

namespace LabelerService.Server.Security;

/// <summary>How a request says who sends it.</summary>
internal enum CredentialKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By an API key.</summary>
    ApiKey,

    /// <summary>By a bearer token that is no API key.</summary>
    Token,

    /// <summary>By something that is neither, or by several at once.</summary>
    Malformed,
}

/// <summary>The credential of a request: <c>authorization: Bearer …</c> or <c>x-api-key: …</c>. Its text is secret: never log it.</summary>
internal readonly struct Credential(CredentialKind kind, string text)
{
    private const string Bearer = "Bearer ";

    // Far above any token that a sensible issuer makes, far below what would be costly to look at.
    private const int LongestText = 8_192;

    /// <summary>What it is.</summary>
    public CredentialKind Kind => kind;

    /// <summary>The key or token; empty where there is none.</summary>
    public string Text => text;

    /// <summary>Reads the credential of a request. Two of them are as good as none: whose call would it be?</summary>
    public static Credential Of(HttpRequest request)
    {
        StringValues authorization = request.Headers.Authorization, key = request.Headers["x-api-key"];
        return (authorization.Count, key.Count) switch
        {
            (0, 0) => new Credential(CredentialKind.None, ""),
            (0, 1) => Checked(CredentialKind.ApiKey, key.ToString().Trim()),
            (1, 0) when authorization.ToString() is var text && text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) =>
                OfBearer(text[Bearer.Length..].Trim()),
            (1, 0) when BasicCredential.TryRead(request, out var password) => Checked(CredentialKind.ApiKey, password),
            _ => new Credential(CredentialKind.Malformed, ""),
        };
    }

    /// <summary>The credential that somebody gives to sign in.</summary>
    public static Credential OfSignIn(string text) => OfBearer(text.Trim());

    private static Credential OfBearer(string text) =>
        Checked(text.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal) ? CredentialKind.ApiKey : CredentialKind.Token, text);

    private static Credential Checked(CredentialKind kind, string text) =>
        text.Length is > 0 and <= LongestText ? new Credential(kind, text) : new Credential(CredentialKind.Malformed, "");
}
