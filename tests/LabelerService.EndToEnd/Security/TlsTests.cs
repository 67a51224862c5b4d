using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.TestKit;

namespace LabelerService.EndToEnd.Security;

/// <summary>TLS and client certificates with an authority made for the test, through the processes that users run.</summary>
[Trait("Suite", "security")]
public sealed class TlsTests : IDisposable
{
    private readonly string _directory = ScratchDirectory.Create("labeler-tls-");
    private readonly X509Certificate2 _authority = Authority("labeler test authority");

    public TlsTests()
    {
        Write("ca.pem", _authority.ExportCertificatePem());
        Issue("server", "1.3.6.1.5.5.7.3.1", _authority);
        Issue("client", "1.3.6.1.5.5.7.3.2", _authority);
        using var stranger = Authority("somebody else");
        Write("stranger-ca.pem", stranger.ExportCertificatePem());
        Issue("stranger", "1.3.6.1.5.5.7.3.2", stranger);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Both_ports_speak_TLS_and_only_who_trusts_the_authority_connects()
    {
        await using var service = RunningService.Create(
            RunningService.NewDirectory(), ownsDirectory: true, "--trainers", "0", "--tls-cert", File("server.pem"), "--tls-key", File("server.key"));
        await service.StartAgainAsync(ProbeAsync);
        var server = $"https://localhost:{service.Port + 1}";
        (await CliInProcess.RunAsync(null, "dataset", "list", "--server", server, "--ca", File("ca.pem"))).Succeeded();
        foreach (var arguments in new[] { new[] { "--server", server }, ["--server", server, "--ca", File("stranger-ca.pem")] })
        {
            var outcome = await CliInProcess.RunAsync(null, [.. arguments, "dataset", "list"]);
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains("--ca", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, await HealthAsync(service, []));

        // Who signs in over TLS has a cookie that goes over nothing else.
        var key = (await CliInProcess.RunAsync(null, "key", "create", "--role", "reader", "--server", server, "--ca", File("ca.pem"))).Succeeded().Trim();
        using var browser = Client(null);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"https://localhost:{service.Port}/session"));
        request.Content = JsonContent.Create(new { credential = key });
        request.Headers.Add("x-labeler-dashboard", "1");
        request.Headers.Add("Origin", $"https://localhost:{service.Port}");
        using var answer = await browser.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("secure", Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split("; "), StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task With_a_client_authority_nobody_connects_without_a_certificate_of_it()
    {
        await using var service = RunningService.Create(
            RunningService.NewDirectory(), ownsDirectory: true, "--trainers", "0", "--tls-cert", File("server.pem"), "--tls-key", File("server.key"),
            "--tls-client-ca", File("ca.pem"));
        using var client = X509Certificate2.CreateFromPemFile(File("client.pem"), File("client.key"));
        await service.StartAgainAsync(port => ProbeAsync(port, client));
        string[] call = ["dataset", "list", "--server", $"https://localhost:{service.Port + 1}", "--ca", File("ca.pem")];
        (await CliInProcess.RunAsync(null, [.. call, "--client-cert", File("client.pem"), "--client-key", File("client.key")])).Succeeded();
        Assert.Equal(1, (await CliInProcess.RunAsync(null, call)).ExitCode);
        Assert.Equal(1, (await CliInProcess.RunAsync(null, [.. call, "--client-cert", File("stranger.pem"), "--client-key", File("stranger.key")])).ExitCode);
        Assert.Equal(0, await HealthAsync(service, ["--tls-client-ca", File("ca.pem")]));
    }

    [Fact]
    public async Task A_key_that_is_not_the_certificates_is_named()
    {
        await using var service = RunningService.Create(
            RunningService.NewDirectory(), ownsDirectory: true, "--trainers", "0", "--tls-cert", File("server.pem"), "--tls-key", File("client.key"));
        Assert.Equal(1, await service.RunToExitAsync());
        Assert.Contains("--tls-key", service.Log, StringComparison.Ordinal);
    }

    private async Task<int> HealthAsync(RunningService service, string[] more)
    {
        using var check = Process.Start(
            "dotnet",
            [
                Assemblies.Server, "--health-check", "--port", $"{service.Port}", "--tls-cert", File("server.pem"), "--tls-key", File("server.key"), .. more,
            ]);
        await check.WaitForExitAsync();
        return check.ExitCode;
    }

    private Task<bool> ProbeAsync(int port) => ProbeAsync(port, null);

    private async Task<bool> ProbeAsync(int port, X509Certificate2? certificate)
    {
        using var client = Client(certificate);
        using var response = await client.GetAsync(new Uri($"https://localhost:{port}/readyz"));
        return response.StatusCode == HttpStatusCode.OK;
    }

    // Trusts the authority, and nobody else.
    private HttpClient Client(X509Certificate2? certificate) => new(
        new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
                LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
            },
        },
        disposeHandler: true);

    private string File(string name) => Path.Combine(_directory, name);

    private void Write(string name, string text) => System.IO.File.WriteAllText(File(name), text);

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private void Issue(string name, string usage, X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        Write($"{name}.pem", certificate.ExportCertificatePem());
        Write($"{name}.key", key.ExportPkcs8PrivateKeyPem());
    }
}
