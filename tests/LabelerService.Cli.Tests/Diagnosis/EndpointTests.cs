using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace LabelerService.Cli.Tests.Diagnosis;

/// <summary>What a command says when it stands before the wrong door.</summary>
public class EndpointTests
{
    [Fact]
    public async Task Before_the_HTTP_port_the_gRPC_port_is_named()
    {
        var (http, grpc) = FreePair();
        await using var server = await StartAsync((http, HttpProtocols.Http1, null), (grpc, HttpProtocols.Http2, null));

        var outcome = await CommandLine.RunAsync($"dataset list --server http://127.0.0.1:{http}");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("speaks HTTP, not gRPC", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"--server http://127.0.0.1:{grpc}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_a_secure_port_https_is_named()
    {
        var (port, _) = FreePair();
        using var certificate = Certificate("localhost");
        await using var server = await StartAsync((port, HttpProtocols.Http2, certificate));

        var outcome = await CommandLine.RunAsync($"dataset list --server http://localhost:{port}");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"use --server https://localhost:{port}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_a_port_in_clear_text_http_is_named()
    {
        var (port, _) = FreePair();
        await using var server = await StartAsync((port, HttpProtocols.Http2, null));

        var outcome = await CommandLine.RunAsync($"dataset list --server https://localhost:{port}");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("does not speak TLS", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"use --server http://localhost:{port}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_asks_for_the_authority()
    {
        var (port, _) = FreePair();
        using var certificate = Certificate("localhost");
        await using var server = await StartAsync((port, HttpProtocols.Http2, certificate));

        var outcome = await CommandLine.RunAsync($"dataset list --server https://localhost:{port}");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("--ca FILE", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_said_to_be()
    {
        var (port, _) = FreePair();
        using var folder = new TemporaryFolder();
        using var certificate = Certificate("elsewhere.example");
        await using var server = await StartAsync((port, HttpProtocols.Http2, certificate));

        var outcome = await CommandLine.RunAsync(
            $"dataset list --server https://localhost:{port} --ca {folder.Write("ca.pem", certificate.ExportCertificatePem())}");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("its certificate is not for localhost", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_is_none_is_named()
    {
        var outcome = await CommandLine.RunAsync("dataset list --server http://no-such-machine.invalid:8081");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("no machine is called no-such-machine.invalid", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_says_the_same_with_exit_code_1_and_what_to_do()
    {
        var (port, _) = FreePair();

        var outcome = await CommandLine.RunAsync($"doctor --server http://127.0.0.1:{port} --json");

        Assert.Equal(1, outcome.ExitCode);
        using var document = System.Text.Json.JsonDocument.Parse(outcome.Output);
        Assert.False(document.RootElement.GetProperty("ok").GetBoolean());
        var service = document.RootElement.GetProperty("findings").EnumerateArray().Single(finding => finding.GetProperty("check").GetString() == "service");
        Assert.Equal("problem", service.GetProperty("level").GetString());
        Assert.Contains("./labeler serve", service.GetProperty("fix").GetString(), StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(params (int Port, HttpProtocols Protocols, X509Certificate2? Certificate)[] ports)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            foreach (var (port, protocols, certificate) in ports)
            {
                options.Listen(IPAddress.Loopback, port, listen =>
                {
                    listen.Protocols = protocols;
                    if (certificate is not null)
                    {
                        listen.UseHttps(certificate);
                    }
                });
            }
        });
        var application = builder.Build();
        application.MapGet("/healthz", () => "Healthy");
        await application.StartAsync();
        return application;
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }

    // Two ports in a row, as the service has them.
    private static (int First, int Second) FreePair()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            if (port == IPEndPoint.MaxPort)
            {
                continue;
            }

            using var second = new TcpListener(IPAddress.Loopback, port + 1);
            try
            {
                second.Start();
                return (port, port + 1);
            }
            catch (SocketException)
            {
                // The neighbour is taken: try another pair.
            }
        }
    }
}
