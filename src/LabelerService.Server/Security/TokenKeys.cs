using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LabelerService.Core.Errors;
using Microsoft.IdentityModel.Tokens;

namespace LabelerService.Server.Security;

/// <summary>Reads an issuer's public keys from a file. Secret and private keys are refused: with them the server could forge tokens.</summary>
internal static class TokenKeys
{
    private const int SmallestRsaBits = 2_048;

    /// <summary>The keys of a JWKS or PEM file.</summary>
    /// <exception cref="ServiceException">The file cannot be read, or holds something else than public RSA and EC keys.</exception>
    public static IReadOnlyList<SecurityKey> Load(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            var keys = text.TrimStart().StartsWith('{') ? OfJwks(text) : OfPem(text);
            return keys.Count > 0 ? keys : throw Unusable(file, "holds no public key");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw Unusable(file, $"cannot be read as JWKS or PEM public keys: {error.Message}");
        }

        List<SecurityKey> OfJwks(string json)
        {
            var found = new List<SecurityKey>();
            foreach (var key in JsonWebKeySet.Create(json).Keys)
            {
                if (key.Kty is not (JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve) || key.HasPrivateKey)
                {
                    throw Unusable(file, "must hold public RSA and EC keys only");
                }

                if (key.Kty == JsonWebAlgorithmsKeyTypes.RSA && key.KeySize < SmallestRsaBits)
                {
                    throw Unusable(file, $"holds an RSA key of less than {SmallestRsaBits} bits");
                }

                // A key for encryption signs nothing.
                if (key.Use is null or "" or JsonWebKeyUseNames.Sig)
                {
                    found.Add(key);
                }
            }

            return found;
        }

        List<SecurityKey> OfPem(string pem)
        {
            var found = new List<SecurityKey>();
            for (var rest = pem.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
            {
                var (label, block) = (rest[fields.Label].ToString(), rest[fields.Location].ToString());
                found.Add(label switch
                {
                    "CERTIFICATE" => OfCertificate(block),
                    "PUBLIC KEY" or "RSA PUBLIC KEY" => OfPublicKey(block),
                    _ => throw Unusable(file, $"holds a {label}; give public keys or certificates only"),
                });
            }

            return found;
        }

        SecurityKey OfCertificate(string block)
        {
            using var certificate = X509Certificate2.CreateFromPem(block);
            return certificate.GetRSAPublicKey() is { } rsa ? OfRsa(rsa)
                : certificate.GetECDsaPublicKey() is { } ec ? new ECDsaSecurityKey(ec)
                : throw Unusable(file, "must hold RSA and EC keys only");
        }

        SecurityKey OfPublicKey(string block)
        {
            var rsa = RSA.Create();
            try
            {
                rsa.ImportFromPem(block);
                return OfRsa(rsa);
            }
            catch (Exception error) when (error is CryptographicException or ArgumentException)
            {
                rsa.Dispose();
                var ec = ECDsa.Create();
                ec.ImportFromPem(block);
                return new ECDsaSecurityKey(ec);
            }
        }

        RsaSecurityKey OfRsa(RSA rsa) => rsa.KeySize >= SmallestRsaBits
            ? new RsaSecurityKey(rsa)
            : throw Unusable(file, $"holds an RSA key of less than {SmallestRsaBits} bits");
    }

    private static ServiceException Unusable(string file, string problem) =>
        new(ErrorKind.FailedPrecondition, "JWT_KEYS_FILE", $"--jwt-keys {file} {problem}.");
}
