using LabelerService.Cli.Configuration;

namespace LabelerService.Cli.Diagnosis;

/// <summary>Says why there is no way to the service, and what to do.</summary>
internal static class ConnectionAdvice
{
    /// <summary>What to say of an endpoint, the problem and what to do about it; null where the way there is not the problem.</summary>
    /// <param name="server">The URL.</param>
    /// <param name="found">What stands there.</param>
    /// <param name="settings">Where the URL comes from.</param>
    /// <param name="cancellationToken">Ends looking for a better URL.</param>
    public static async Task<(string Problem, string Fix)?> OfAsync(
        Uri server, Endpoint found, ResolvedSettings settings, CancellationToken cancellationToken)
    {
        var url = server.GetLeftPart(UriPartial.Authority);
        var said = settings.SourceOf(Setting.Server) == SettingSource.Default ? "" : $" (from {settings.Describe(Setting.Server)})";
        switch (found.Kind)
        {
            case EndpointKind.UnknownHost:
                return ($"no machine is called {server.Host}{said}", "name the service with --server or `labeler config set server URL`");
            case EndpointKind.Refused:
                return ($"no service answers at {url}", "start one with `./labeler serve`, or name one with --server or `labeler config set server URL`");
            case EndpointKind.Silent:
                return ($"no service answers at {url}{said}{(found.Detail.Length > 0 ? $": {found.Detail}" : " in time")}",
                    "check the address, the port and what stands between (firewall, VPN), or name another with --server");
            case EndpointKind.Http:
                var next = new UriBuilder(server) { Port = server.Port + 1 }.Uri;
                return ($"{url}{said} speaks HTTP, not gRPC{(found.Detail.Length > 0 ? ": it is a service's HTTP port" : "")}",
                    server.Port < ushort.MaxValue && await EndpointProbe.SpeaksHttp2Async(next, cancellationToken)
                        ? $"use the gRPC port, likely --server {next.GetLeftPart(UriPartial.Authority)}"
                        : "use the gRPC port with --server; it is the HTTP port + 1 unless set otherwise");
            case EndpointKind.WantsTls:
                return ($"{url}{said} wants a secure connection", $"use --server https://{server.Authority}");
            case EndpointKind.ClearText:
                return ($"{url}{said} does not speak TLS", $"use --server http://{server.Authority}, if the way there is safe");
            case EndpointKind.WantsClientCertificate:
                return ($"{url}{said} wants a certificate of this client, signed by an authority that it trusts", "give it with --client-cert FILE and --client-key FILE");
            case EndpointKind.Untrusted:
                return ($"no secure connection to {url}{said}: {found.Detail}", Untrusted(server, found));
            default:
                return null;
        }
    }

    private static string Untrusted(Uri server, Endpoint found) =>
        found.Detail.StartsWith("its certificate is not for", StringComparison.Ordinal) ? $"use a name that the certificate has instead of {server.Host}"
        : found.Expires < DateTimeOffset.UtcNow ? "renew the server's certificate (--tls-cert) and start the server again"
        : "name the authority that signed its certificate with --ca FILE";
}
