using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace LabelerService.Server.Security;

/// <summary>Certificates, from PEM files: the server's own, and whose clients are let in.</summary>
internal static class TlsSetup
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>What Kestrel needs for both ports.</summary>
    /// <exception cref="ServiceException">A file cannot be read or does not hold what it should.</exception>
    public static Action<HttpsConnectionAdapterOptions> Load(TlsOptions tls)
    {
        var (certificate, chain) = LoadOwn(tls);
        var authorities = tls.ClientCaFile is { } file ? LoadAll("--tls-client-ca", file) : null;
        return https =>
        {
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
            https.ServerCertificate = certificate;
            https.ServerCertificateChain = chain;
            if (authorities is not null)
            {
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (client, _, errors) => IsLetIn(client, errors, certificate, authorities);
            }
        };
    }

    /// <summary>The handler with which the health check calls the server with these certificates, and no other.</summary>
    public static SocketsHttpHandler HealthCheckHandler(TlsOptions tls)
    {
        var (certificate, _) = LoadOwn(tls);
        return new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                // The name is this machine's, not the certificate's; that it is this very certificate says more.
                RemoteCertificateValidationCallback = (_, presented, _, _) =>
                    presented is not null && presented.GetCertHashString(HashAlgorithmName.SHA256) == certificate.GetCertHashString(HashAlgorithmName.SHA256),
                ClientCertificates = tls.ClientCaFile is null ? null : [certificate],
                LocalCertificateSelectionCallback = tls.ClientCaFile is null ? null : (_, _, _, _, _) => certificate,
            },
        };
    }

    private static bool IsLetIn(X509Certificate2 client, SslPolicyErrors errors, X509Certificate2 own, X509Certificate2Collection authorities)
    {
        // The health check presents the server's own certificate: who holds its private key is the server.
        if (client.RawDataMemory.Span.SequenceEqual(own.RawDataMemory.Span))
        {
            return true;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));

        // Revocation lists would have to be fetched; what is revoked here are API keys.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(client);
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Chain) LoadOwn(TlsOptions tls)
    {
        var chain = LoadAll("--tls-cert", tls.CertificateFile);
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(tls.CertificateFile, tls.KeyFile);
            chain.RemoveAt(0);
            return (certificate, chain);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unusable($"--tls-key {tls.KeyFile} is not the readable PEM private key of --tls-cert: {error.Message}");
        }
    }

    private static X509Certificate2Collection LoadAll(string option, string file)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Unusable($"{option} {file} cannot be read as PEM certificates: {error.Message}");
        }

        return found.Count > 0 ? found : throw Unusable($"{option} {file} holds no PEM certificate.");
    }

    private static ServiceException Unusable(string message) => new(ErrorKind.FailedPrecondition, "TLS_FILES", message);
}
