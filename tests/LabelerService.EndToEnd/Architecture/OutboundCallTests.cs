using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Architecture;

/// <summary>Nothing in the service calls an address that somebody sends it (SSRF): calls to the outside are in these places and no others.</summary>
[Trait("Suite", "security")]
public sealed partial class OutboundCallTests
{
    // A health check of the server's own port, by whoever starts the program; its TLS. Tokens' issuer and telemetry are named on the command line, too,
    // and called by their libraries.
    private static readonly string[] Allowed = ["LabelerService.Server/Hosting/ServerHost.cs", "LabelerService.Server/Security/TlsSetup.cs"];

    // Client and command line are other people's programs, on their own machines.
    private static readonly string[] Clients = ["LabelerService.Client/", "LabelerService.Cli/"];

    [GeneratedRegex(@"\b(HttpClient|HttpMessageInvoker|SocketsHttpHandler|WebRequest|WebClient|TcpClient|Dns\.Get|GrpcChannel|SmtpClient)\b")]
    private static partial Regex Outbound();

    [Fact]
    public void No_part_of_service_or_trainer_opens_connections_to_others()
    {
        var sources = Path.Combine(Assemblies.Repository, "src");
        var found = Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories)
            .Where(file => Outbound().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(sources, file).Replace('\\', '/'))
            .Where(file => !Clients.Any(client => file.StartsWith(client, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal);
        Assert.Equal(Allowed, found);
    }
}
