using LabelerService.Client.Tests.Harness;

namespace LabelerService.Client.Tests.Connection;

/// <summary>How calls are made: key or token, name, time limits; and what cannot be a connection.</summary>
public sealed class ConnectionTests
{
    private static readonly Uri Somewhere = new("http://localhost:1");

    public static IEnumerable<object[]> Wrong =>
    [
        [new ConnectionSettings(new Uri("ftp://localhost")), nameof(ConnectionSettings.Server)],
        [new ConnectionSettings(new Uri("/relative", UriKind.Relative)), nameof(ConnectionSettings.Server)],
        [new ConnectionSettings(new Uri("https://a")) { Replicas = [new Uri("https://b")] }, nameof(ConnectionSettings.Replicas)],
        [new ConnectionSettings(Somewhere, "two words"), nameof(ConnectionSettings.ApiKey)],
        [new ConnectionSettings(Somewhere, "key") { TokenProvider = _ => Task.FromResult("t") }, nameof(ConnectionSettings.TokenProvider)],
        [new ConnectionSettings(Somewhere, Timeout: TimeSpan.Zero), nameof(ConnectionSettings.Timeout)],
        [new ConnectionSettings(Somewhere) { UserAgent = "line\nend" }, nameof(ConnectionSettings.UserAgent)],
        [new ConnectionSettings(Somewhere) { Retries = new RetrySettings { MaxAttempts = 0 } }, nameof(ConnectionSettings.Retries)],
        [new ConnectionSettings(Somewhere) { CaFile = "/none.pem" }, nameof(ConnectionSettings.CaFile)],
        [new ConnectionSettings(Somewhere) { ClientCertificateFile = "/none.pem" }, nameof(ConnectionSettings.ClientCertificateFile)],
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_be_a_connection_is_refused_by_the_setting_at_fault(ConnectionSettings settings, string setting) =>
        Assert.Equal(setting, Assert.Throws<ConnectionSettingsException>(() => new LabelerClient(settings)).Setting);

    [Fact]
    public async Task Key_name_and_deadline_go_with_every_call()
    {
        var service = new DatasetStub();
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client(settings => settings with { ApiKey = "secret", UserAgent = "annotator/1.2", Timeout = TimeSpan.FromSeconds(50) });

        await client.Datasets.GetAsync("d");

        var (authorization, name, deadline) = Assert.Single(service.Callers);
        Assert.Equal("Bearer secret", authorization);
        Assert.StartsWith("annotator/1.2 LabelerService.Client/0.1.0 grpc-dotnet/", name, StringComparison.Ordinal);
        Assert.InRange(deadline, DateTime.UtcNow, DateTime.UtcNow.AddSeconds(51));
        Assert.DoesNotContain("secret", client.Connection.Settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_asked_for_with_every_try()
    {
        var service = new DatasetStub { Answer = (call, _) => call == 1 ? throw Refusals.Of(Google.Rpc.Code.Unavailable, "AWAY", "away") : Task.CompletedTask };
        await using var host = await GrpcHost.StartAsync(service);
        var tokens = 0;
        using var client = host.Client(settings => settings with { TokenProvider = _ => Task.FromResult($"token-{++tokens}") });

        await client.Datasets.GetAsync("d");

        Assert.Equal(["Bearer token-1", "Bearer token-2"], service.Callers.Select(caller => caller.Authorization));
    }

    [Fact]
    public async Task A_dataset_that_cannot_be_one_is_refused_before_anything_is_sent()
    {
        using var client = new LabelerClient(Somewhere);

        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await client.Datasets.GetAsync("No Dataset"));

        Assert.Contains("No Dataset", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replicas_that_do_not_answer_are_passed_by()
    {
        var service = new DatasetStub();
        await using var host = await GrpcHost.StartAsync(service);
        using var client = host.Client(settings => settings with { Replicas = [Somewhere] });

        for (var call = 0; call < 10; call++)
        {
            await client.Datasets.GetAsync("d");
        }

        Assert.Equal(10, service.Calls);
    }
}
