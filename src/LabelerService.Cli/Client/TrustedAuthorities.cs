using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LabelerService.Cli.Client;

/// <summary>TLS with certificates from files: whom to trust, and who this client is.</summary>
internal static class TrustedAuthorities
{
    /// <summary>The TLS settings that connection settings ask for.</summary>
    /// <exception cref="CommandException">A file cannot be read, or does not hold what it should.</exception>
    public static SslClientAuthenticationOptions Load(ConnectionSettings settings)
    {
        var options = new SslClientAuthenticationOptions();
        if (settings.CaFile is { } file)
        {
            var authorities = new X509Certificate2Collection();
            Read("--ca", file, () => authorities.ImportFromPemFile(file));
            if (authorities.Count == 0)
            {
                throw new CommandException($"--ca {file} holds no PEM certificate");
            }

            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (settings.ClientCertificateFile is { } certificate)
        {
            X509Certificate2? own = null;
            Read("--client-cert and --client-key", certificate, () => own = X509Certificate2.CreateFromPemFile(certificate, settings.ClientKeyFile));
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => own!;
        }

        return options;
    }

    private static void Read(string option, string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"{option}: {file} cannot be read as PEM: {error.Message}");
        }
    }
}
