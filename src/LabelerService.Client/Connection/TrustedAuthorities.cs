using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LabelerService.Client;

/// <summary>TLS with certificates of one's own: whom to trust, and who this client is.</summary>
internal static class TrustedAuthorities
{
    /// <summary>The TLS settings that connection settings ask for.</summary>
    /// <exception cref="ConnectionSettingsException">A file cannot be read, or does not hold what it should.</exception>
    public static SslClientAuthenticationOptions Load(ConnectionSettings settings)
    {
        var options = new SslClientAuthenticationOptions();
        if (settings.CaFile is not null || settings.TrustedCertificates is not null)
        {
            var authorities = new X509Certificate2Collection();
            if (settings.CaFile is { } file)
            {
                Read(nameof(settings.CaFile), file, () => authorities.ImportFromPemFile(file));
                if (authorities.Count == 0)
                {
                    throw new ConnectionSettingsException(nameof(settings.CaFile), $"{file} holds no PEM certificate");
                }
            }

            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
            options.CertificateChainPolicy.CustomTrustStore.AddRange(settings.TrustedCertificates ?? []);
        }

        var own = settings.ClientCertificate;
        if (own is null && settings.ClientCertificateFile is { } certificate)
        {
            Read(
                nameof(settings.ClientCertificateFile), certificate,
                () => own = X509Certificate2.CreateFromPemFile(certificate, settings.ClientKeyFile));
        }

        if (own is not null)
        {
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        }

        return options;
    }

    private static void Read(string setting, string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConnectionSettingsException(setting, $"{file} cannot be read as PEM: {error.Message}", error);
        }
    }
}
