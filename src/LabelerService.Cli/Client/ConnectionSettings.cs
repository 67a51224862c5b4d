namespace LabelerService.Cli.Client;

/// <summary>Where the service is and how to speak to it.</summary>
/// <param name="Server">URL of the gRPC port, http or https.</param>
/// <param name="ApiKey">Key sent as a bearer token; null sends none.</param>
/// <param name="Timeout">Deadline of each call; null takes the default of the call's kind.</param>
internal sealed record ConnectionSettings(Uri Server, string? ApiKey = null, TimeSpan? Timeout = null)
{
    /// <summary>Where <c>labeler serve</c> listens unless told otherwise.</summary>
    public static readonly Uri DefaultServer = new("http://localhost:8081");

    /// <summary>Reads a server's URL.</summary>
    /// <exception cref="UsageException">It is not an http or https URL of a host.</exception>
    public static Uri ParseServer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            ? uri
            : throw new UsageException($"\"{text}\" is not the URL of a server; one looks like {DefaultServer}");
}
