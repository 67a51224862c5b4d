using System.Security.Cryptography;
using LabelerService.Core.Errors;
using LabelerService.Server.Security;
using Microsoft.IdentityModel.Tokens;

namespace LabelerService.Server.Tests.Security;

public sealed class TokenKeysTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Public_keys_are_read_from_JWKS_and_PEM()
    {
        using var rsa = RSA.Create(2_048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(2, Load(rsa.ExportSubjectPublicKeyInfoPem() + "\n" + ec.ExportSubjectPublicKeyInfoPem()).Count);
        Assert.Single(Load(rsa.ExportRSAPublicKeyPem()));
        var key = rsa.ExportParameters(includePrivateParameters: false);
        var (n, e) = (Base64UrlEncoder.Encode(key.Modulus), Base64UrlEncoder.Encode(key.Exponent));
        Assert.Single(Load($$"""{"keys":[{"kty":"RSA","kid":"1","use":"sig","n":"{{n}}","e":"{{e}}"},{"kty":"RSA","use":"enc","n":"{{n}}","e":"{{e}}"}]}"""));
    }

    [Fact]
    public void Secrets_private_keys_weak_keys_and_nonsense_are_refused()
    {
        using var rsa = RSA.Create(2_048);
        using var weak = RSA.Create(1_024);
        string[] refused =
        [
            "", "nonsense", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", "{\"keys\":1", rsa.ExportPkcs8PrivateKeyPem(),
            weak.ExportSubjectPublicKeyInfoPem(), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        ];
        foreach (var text in refused)
        {
            var error = Assert.Throws<ServiceException>(() => Load(text));
            Assert.Contains("--jwt-keys", error.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ServiceException>(() => TokenKeys.Load("/no/such/file"));
    }

    private IReadOnlyList<SecurityKey> Load(string text)
    {
        File.WriteAllText(_file, text);
        return TokenKeys.Load(_file);
    }
}
