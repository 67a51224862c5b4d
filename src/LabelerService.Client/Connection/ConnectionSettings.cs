using System.Security.Cryptography.X509Certificates;

namespace LabelerService.Client;

/// <summary>Where the service is and how to speak to it.</summary>
/// <param name="Server">URL of the gRPC port, http or https.</param>
/// <param name="ApiKey">Key (or bearer token) sent with every call; null sends none.</param>
/// <param name="Timeout">Deadline of each call, streams included; null takes <see cref="UnaryTimeout"/> and <see cref="StreamTimeout"/>.</param>
public sealed record ConnectionSettings(Uri Server, string? ApiKey = null, TimeSpan? Timeout = null)
{
    /// <summary>Where a service listens unless told otherwise.</summary>
    public static readonly Uri DefaultServer = new("http://localhost:8081");

    /// <summary>
    /// URLs of further replicas of the same service; calls go to all of them in turn, and past those that do not answer. Empty for one server.
    /// </summary>
    public IReadOnlyList<Uri> Replicas { get; init; } = [];

    /// <summary>
    /// Gives the bearer token of each call, and of each repetition of it, for tokens that expire; asked with the call's method and its
    /// cancellation. Instead of <see cref="ApiKey"/>.
    /// </summary>
    public Func<CancellationToken, Task<string>>? TokenProvider { get; init; }

    /// <summary>Deadline of a call that answers once: 2 minutes.</summary>
    public TimeSpan UnaryTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Deadline of a stream: 6 hours. Uploads and watches start the next one by themselves.</summary>
    public TimeSpan StreamTimeout { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How long making a connection may take: 10 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How calls are repeated, and how long streams are taken up again.</summary>
    public RetrySettings Retries { get; init; } = new();

    /// <summary>PEM file of the authorities that may have signed the server's certificate; null trusts the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The same as certificates; with <see cref="CaFile"/>, both are trusted. Null for none.</summary>
    public X509Certificate2Collection? TrustedCertificates { get; init; }

    /// <summary>PEM file of this client's certificate, for servers that want one; null for none.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM file of its private key; null where the certificate's file holds it too.</summary>
    public string? ClientKeyFile { get; init; }

    /// <summary>This client's certificate with its private key, instead of <see cref="ClientCertificateFile"/>; null for none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Name and version of the program, <c>annotator/1.2</c>; stands in front of the library's in <c>user-agent</c>. Null for none.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Where, without the key, which is secret.</summary>
    public override string ToString() => Server.ToString();

    /// <summary>Refuses what cannot be a connection, before anything is sent.</summary>
    /// <exception cref="ConnectionSettingsException">A setting is wrong.</exception>
    internal void Check()
    {
        if (!Server.IsAbsoluteUri || Server.Scheme is not ("http" or "https") || Server.Host.Length == 0)
        {
            throw new ConnectionSettingsException(nameof(Server), $"\"{Server}\" is not the URL of a server; one looks like {DefaultServer}");
        }

        if (Replicas.Count > 0 && Replicas.Prepend(Server).Any(server => server.Scheme != "http" || server.AbsolutePath != "/"))
        {
            throw new ConnectionSettingsException(
                nameof(Replicas), "several servers are possible with plain http URLs only; for https, name the load balancer in front of them");
        }

        if (ApiKey is not null && !ApiKey.All(c => c is > ' ' and < '\x7f'))
        {
            throw new ConnectionSettingsException(nameof(ApiKey), "the API key has characters that no key has: look for spaces and line ends");
        }

        if (ApiKey is not null && TokenProvider is not null)
        {
            throw new ConnectionSettingsException(nameof(TokenProvider), "either an API key or a provider of tokens is possible, not both");
        }

        if (Timeout <= TimeSpan.Zero || UnaryTimeout <= TimeSpan.Zero || StreamTimeout <= TimeSpan.Zero || ConnectTimeout <= TimeSpan.Zero)
        {
            throw new ConnectionSettingsException(nameof(Timeout), "time limits are above zero");
        }

        if (UserAgent is not null && !UserAgent.All(c => c is >= ' ' and < '\x7f'))
        {
            throw new ConnectionSettingsException(nameof(UserAgent), "a user agent is printable ASCII");
        }

        Retries.Check();
    }
}
