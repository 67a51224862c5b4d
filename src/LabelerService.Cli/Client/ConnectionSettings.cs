namespace LabelerService.Cli.Client;

/// <summary>Where the service is and how to speak to it.</summary>
/// <param name="Server">URL of the gRPC port, http or https.</param>
/// <param name="ApiKey">Key sent as a bearer token; null sends none.</param>
/// <param name="Timeout">Deadline of each call; null takes the default of the call's kind.</param>
internal sealed record ConnectionSettings(Uri Server, string? ApiKey = null, TimeSpan? Timeout = null)
{
    /// <summary>
    /// URLs of further replicas of the same service; calls go to all of them in turn, and past those that do not answer. Empty for one server.
    /// </summary>
    public IReadOnlyList<Uri> Replicas { get; init; } = [];

    /// <summary>PEM file of the authorities that may have signed the server's certificate; null trusts the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of this client's certificate, for servers that want one; null for none.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM file of its private key; null where the certificate's file holds it too.</summary>
    public string? ClientKeyFile { get; init; }

    /// <summary>Where <c>labeler serve</c> listens unless told otherwise.</summary>
    public static readonly Uri DefaultServer = new("http://localhost:8081");

    /// <summary>Reads a server's URL.</summary>
    /// <exception cref="UsageException">It is not an http or https URL of a host.</exception>
    public static Uri ParseServer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            ? uri
            : throw new UsageException($"\"{text}\" is not the URL of a server; one looks like {DefaultServer}");

    /// <summary>Reads the URLs of one server or, separated by commas, of several replicas.</summary>
    /// <exception cref="UsageException">One is no URL of a server, or they do not go together.</exception>
    public static IReadOnlyList<Uri> ParseServers(string text)
    {
        var servers = text.Split(',', StringSplitOptions.TrimEntries).Select(ParseServer).ToArray();
        if (servers.Length > 1 && servers.Any(server => server.Scheme != "http" || server.AbsolutePath != "/"))
        {
            throw new UsageException(
                "several servers are possible with plain http URLs only; for https, name the load balancer in front of them");
        }

        return servers;
    }

    /// <summary>Checks that a key can be sent at all. The message does not repeat it.</summary>
    /// <exception cref="UsageException">It has characters that no key has.</exception>
    public static string? CheckKey(string? key) =>
        key is null || key.All(c => c is > ' ' and < '\x7f') ? key
            : throw new UsageException("the API key has characters that no key has: check --api-key or LABELER_API_KEY for spaces and line ends");

    /// <summary>Where, without the key, which is secret.</summary>
    public override string ToString() => Server.ToString();
}
