namespace LabelerService.Server.Hosting;

/// <summary>Whose bearer tokens count beside API keys.</summary>
/// <param name="Issuer">The <c>iss</c> that a token must have.</param>
/// <param name="Audience">The <c>aud</c> that a token must have.</param>
/// <param name="KeysFile">File with the issuer's public keys, JWKS or PEM; null where <paramref name="Authority"/> publishes them.</param>
/// <param name="Authority">HTTPS address of an OpenID Connect provider, the only thing that makes the server call out; null for none.</param>
public sealed record JwtOptions(string Issuer, string Audience, string? KeysFile, string? Authority);
