using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using LabelerService.EndToEnd.Harness;
using LabelerService.TestKit.Suites;
using Npgsql;
using Xunit.Abstractions;

namespace LabelerService.EndToEnd.Faults;

/// <summary>
/// Clients stream, revise and retract while the service, its database and its connections are killed at random moments; after every strike the
/// database is compared with what was acknowledged. Seeded. <c>LABELER_TORTURE_ROUNDS</c> sets the number of strikes.
/// </summary>
[Trait("Suite", "faults")]
public sealed class TortureTests(ITestOutputHelper output)
{
    private const int ClientCount = 8;
    private const int ItemCount = 10_000;

    private enum Fault
    {
        KillServer,
        KillPostmaster,
        StopPostgresImmediately,
        KillBackend,
        ResetConnections,
        KillServerAndPostmaster,
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_stored_twice_however_often_the_service_and_PostgreSQL_are_killed()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("LABELER_TORTURE_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? given
            : LongForm.Of(5, 24);
        var random = new Random(LongForm.Seed);
        await using var service = await RunningService.StartAsync("--trainers", "0");
        await using var proxy = TcpProxy.To("127.0.0.1", service.Port + 1);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{proxy.Port}", new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        CallInvoker invoker = channel.CreateCallInvoker();
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, ItemCount);
        var crew = TortureCrew.Create(dataset, ClientCount, ItemCount, LongForm.Seed, output);
        var kinds = Enum.GetValues<Fault>();
        for (var round = 1; round <= rounds; round++)
        {
            var fault = round <= kinds.Length ? kinds[round - 1] : kinds[random.Next(kinds.Length)];
            await crew.StrikeAsync($"{fault}", random, _ => invoker, () => StrikeAsync(service, proxy, fault, random));
            await RecoverAsync(service, fault);
            await CheckAsync(service, crew, $"round {round}, {fault}", fault is not (Fault.KillServer or Fault.ResetConnections));
        }

        await crew.FinishAsync(_ => invoker);
        await CheckAsync(service, crew, "the end", crashed: true);
        crew.Report("service with its own PostgreSQL");
        Assert.True(crew.Acknowledged > rounds * ClientCount, $"only {crew.Acknowledged} requests got through: the test tested nothing");
    }

    private static async Task StrikeAsync(RunningService service, TcpProxy proxy, Fault fault, Random random)
    {
        if (fault == Fault.ResetConnections)
        {
            Assert.True(proxy.Reset() > 0, "There was no connection to reset.");
        }

        if (fault is Fault.KillServer or Fault.KillServerAndPostmaster)
        {
            await service.KillAsync();
        }

        // The postmaster is the process with -D; its backends say whom they serve. SIGQUIT is pg_ctl's -m immediate.
        if (fault is Fault.KillPostmaster or Fault.StopPostgresImmediately or Fault.KillServerAndPostmaster)
        {
            var postmaster = Assert.Single(RunningService.Postmasters(service.Directory));
            await RunningService.SignalAsync(fault == Fault.StopPostgresImmediately ? "QUIT" : "KILL", postmaster);
        }

        if (fault == Fault.KillBackend)
        {
            var postmaster = Assert.Single(RunningService.Postmasters(service.Directory));
            var backends = RunningService.ChildrenOf(postmaster, "postgres: labeler labeler");
            await RunningService.SignalAsync("KILL", backends[random.Next(backends.Count)]);
        }
    }

    private static Task RecoverAsync(RunningService service, Fault fault) =>
        fault is Fault.KillServer or Fault.KillServerAndPostmaster ? service.StartAgainAsync() : service.WaitUntilReadyAsync();

    private static async Task CheckAsync(RunningService service, TortureCrew crew, string when, bool crashed)
    {
        await using var database = NpgsqlDataSource.Create(service.DatabaseConnectionString());
        await crew.CheckAsync(database, when, crashed);
    }
}
