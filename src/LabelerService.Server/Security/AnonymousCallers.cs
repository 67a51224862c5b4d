using System.Net;
using LabelerService.Server.Hosting;
using LabelerService.Server.Security.Sessions;

namespace LabelerService.Server.Security;

/// <summary>
/// Whether a request without a credential is let in as <see cref="Caller.Anonymous"/>: on a developer's own machine, or where the operator
/// said <c>--allow-anonymous</c>. A request that a browser makes for a foreign page, or that a proxy passes on to a server that listens
/// on its own machine only, comes from elsewhere, whatever its address says.
/// </summary>
internal sealed class AnonymousCallers(ServerOptions options)
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"];

    /// <summary>Whether this request is let in.</summary>
    public bool Admits(HttpRequest request)
    {
        if (!options.AdmitsAnonymous || OwnPage.HasForeignOrigin(request))
        {
            return false;
        }

        return options.AllowAnonymous || (IsThisMachine(request.Host.Host) && !ProxyHeaders.Any(request.Headers.ContainsKey));
    }

    // A name that a foreign page has made to point here (DNS rebinding) is no name of this machine.
    private static bool IsThisMachine(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
