using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Reflection;
using LabelerService.Cli.Commands;
using LabelerService.Cli.Configuration;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Diagnosis;

/// <summary>Looks at the service: whether it can be reached, is ready, knows the credential, and gets its work done. Reads only.</summary>
internal sealed class ServiceChecks(CommandRun command)
{
    private const string Service = "service";

    // Certificates are renewed a month before they end, where that works by itself.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(14);

    private static readonly TimeSpan Limit = Patience.OfSeconds(5);
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(1);

    /// <summary>Looks at everything that can be looked at.</summary>
    /// <returns>What was found, and whether a service answers.</returns>
    public async Task<(IReadOnlyList<Finding> Findings, bool Answers)> RunAsync(CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        SslClientAuthenticationOptions tls;
        try
        {
            tls = TrustedAuthorities.Load(command.Connection);
        }
        catch (ConnectionSettingsException error)
        {
            return ([new Finding("certificates", FindingLevel.Problem, error.Message, "name files that are there")], false);
        }

        var answers = true;
        foreach (var server in command.Connection.Replicas.Prepend(command.Connection.Server))
        {
            var reached = await ReachAsync(server, tls, findings, cancellationToken);
            answers &= reached && await ReadyAsync(server, tls, findings, cancellationToken);
        }

        if (answers)
        {
            findings.AddRange(await new ServiceStateChecks(command).RunAsync(cancellationToken));
        }

        return (findings, answers);
    }

    private async Task<bool> ReachAsync(Uri server, SslClientAuthenticationOptions tls, List<Finding> findings, CancellationToken cancellationToken)
    {
        var found = await EndpointProbe.LookAsync(server, tls, cancellationToken);
        if (await ConnectionAdvice.OfAsync(server, found, command.Settings, cancellationToken) is { } advice)
        {
            // Nobody has said that there is one; then it is only not started yet.
            var expected = command.Settings.SourceOf(Setting.Server) != SettingSource.Default || found.Kind != EndpointKind.Refused;
            findings.Add(new Finding(Service, expected ? FindingLevel.Problem : FindingLevel.Warning, advice.Problem, advice.Fix));
            return false;
        }

        findings.Add(new Finding(Service, FindingLevel.Ok, $"answers at {server.GetLeftPart(UriPartial.Authority)} (from {command.Settings.Describe(Setting.Server)})"));
        if (found.Expires is { } expires)
        {
            var left = expires - command.Time.GetUtcNow();
            var detail = string.Create(CultureInfo.InvariantCulture, $"the certificate is trusted and ends {expires:yyyy-MM-dd} (in {Math.Floor(left.TotalDays):0} days)");
            findings.Add(left < RenewBefore
                ? new Finding("TLS of the service", FindingLevel.Warning, detail, "renew the server's certificate (--tls-cert) and start the server again")
                : new Finding("TLS of the service", FindingLevel.Ok, detail));
        }

        return true;
    }

    // The probe that orchestrators use; its answer also tells what the server's clock says.
    private async Task<bool> ReadyAsync(Uri server, SslClientAuthenticationOptions tls, List<Finding> findings, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { SslOptions = tls, ConnectTimeout = Limit };
        using var client = new HttpClient(handler) { Timeout = Limit };
        using var question = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "/readyz"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        try
        {
            using var answer = await client.SendAsync(question, cancellationToken);
            var said = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                findings.Add(new Finding(Service, FindingLevel.Problem, $"{server.Authority} speaks HTTP/2 but is no LabelerService", "name the service with --server"));
                return false;
            }

            findings.Add(answer.IsSuccessStatusCode ? new Finding("ready", FindingLevel.Ok, "the database answers and has this version's schema")
                : new Finding("ready", FindingLevel.Problem, $"not ready ({said.Trim()}): the database cannot be reached, or has another version's schema",
                    "see the server's log; is PostgreSQL up, and --postgres right?"));
            Clock(answer.Headers.Date, findings);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            findings.Add(new Finding(Service, FindingLevel.Problem, $"{server.Authority} does not answer as LabelerService's gRPC port does: {error.Message}", "name the gRPC port with --server"));
            return false;
        }
    }

    private void Clock(DateTimeOffset? theirs, List<Finding> findings)
    {
        if (theirs is not { } time)
        {
            return;
        }

        // Their header counts whole seconds.
        var skew = command.Time.GetUtcNow() - time;
        findings.Add(skew.Duration() <= MostSkew
            ? new Finding("clock", FindingLevel.Ok, "this machine and the service agree")
            : new Finding("clock", FindingLevel.Warning, $"this machine is {DurationText.Of(skew.Duration())} {(skew > TimeSpan.Zero ? "ahead of" : "behind")} the service: "
                + "tokens and times of annotations are judged by the service's clock", "set both by NTP (timedatectl set-ntp true)"));
    }

    /// <summary>Version of this command.</summary>
    internal static string OwnVersion { get; } =
        typeof(ServiceChecks).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
