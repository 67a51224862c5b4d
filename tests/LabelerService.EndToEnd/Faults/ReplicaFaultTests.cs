using System.Diagnostics;
using System.Net;
using Grpc.Core;
using LabelerService.Client;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.TestKit.Suites;
using Xunit.Abstractions;

namespace LabelerService.EndToEnd.Faults;

/// <summary>Two servers on one database that goes away, whose connections break, and that are killed and stopped themselves.</summary>
[Trait("Suite", "faults")]
public sealed class ReplicaFaultTests(ReplicaFixture fixture, ITestOutputHelper output) : IClassFixture<ReplicaFixture>
{
    private const int ClientCount = 4;
    private const int ItemCount = 5_000;

    private enum Fault
    {
        DatabaseAway,
        ResetDatabaseConnections,
        KillOneServer,
        StopOneServer,
    }

    [Fact]
    public async Task Nothing_acknowledged_by_either_server_is_lost_or_doubled_when_the_database_is_away_and_servers_come_and_go()
    {
        var random = new Random(LongForm.Seed);
        await fixture.WaitUntilConnectedAsync();
        var dataset = await fixture.Servers[0].CreateDatasetAsync();
        await fixture.Servers[0].CreateItemsAsync(dataset, ItemCount);
        var crew = new TortureCrew(
            dataset,
            [
                .. Enumerable.Range(0, ClientCount).Select(i => new TortureClient(dataset, $"w{i}", (TortureWay)(i % 4), ItemCount, LongForm.Seed + i)),
                new ItemTortureClient(dataset, "x", LongForm.Seed),
                new ModelTortureClient(fixture.Modelled, fixture.Features, fixture.Expected),
            ],
            output);
        var (kinds, rounds) = (Enum.GetValues<Fault>(), LongForm.Of(4, 12));
        for (var round = 0; round < rounds; round++)
        {
            var fault = round < kinds.Length ? kinds[round] : kinds[random.Next(kinds.Length)];
            var victim = fixture.Servers[random.Next(2)];

            // Who sends to which server changes with every round: what is sent again may come to the other one.
            var turn = round;
            await crew.StrikeAsync($"{fault}", random, client => fixture.Invoker(client + turn), () => StrikeAsync(fault, victim));
            if (fault is Fault.KillOneServer or Fault.StopOneServer)
            {
                await victim.StartAgainAsync();
            }

            await fixture.WaitUntilConnectedAsync();
            await crew.CheckAsync(fixture.Database, $"round {round}, {fault}", crashed: false);
        }

        await crew.FinishAsync(fixture.Invoker);
        await crew.CheckAsync(fixture.Database, "the end", crashed: true);
        crew.Report("two servers on one database");
        Assert.True(crew.Acknowledged > rounds * ClientCount, $"only {crew.Acknowledged} requests got through: the test tested nothing");
    }

    [Fact]
    public async Task Restarting_one_server_after_the_other_under_load_fails_no_unary_call()
    {
        await fixture.WaitUntilConnectedAsync();
        var dataset = await fixture.Servers[0].CreateDatasetAsync();
        await fixture.Servers[0].CreateItemsAsync(dataset, 100);
        using var client = new ServiceConnection(
            new ConnectionSettings(new Uri(fixture.Servers[0].GrpcAddress)) { Replicas = [new Uri(fixture.Servers[1].GrpcAddress)] }, TimeProvider.System);
        var (answered, stop) = (0L, new CancellationTokenSource());
        Func<int, Task>[] calls =
        [
            async _ => await client.Predictions.PredictAsync(new PredictRequest
            {
                Dataset = fixture.Modelled,
                Model = new ModelSelector { Model = $"{fixture.Modelled}/models/wdn" },
                Features = new FeatureVector { Values = { fixture.Features } },
            }),
            async number => await client.Annotations.BatchCreateAnnotationsAsync(new BatchCreateAnnotationsRequest
            {
                Parent = dataset,
                UnknownLabelers = UnknownLabelers.Register,
                RequestId = Guid.NewGuid().ToString(),
                Annotations = { Requests.Says("anna", $"i{number % 100}", number % 3 == 0 ? "a" : "b") },
            }),
            async _ => await client.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = dataset }),
            async _ => await client.Items.ListItemsAsync(new ListItemsRequest { Parent = dataset, PageSize = 10 }),
        ];
        var failures = new List<RpcException>();
        var workers = calls.Select(call => Task.Run(async () =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                try
                {
                    await call(number);
                    Interlocked.Increment(ref answered);
                }
                catch (RpcException error)
                {
                    lock (failures)
                    {
                        failures.Add(error);
                    }
                }
            }
        })).ToArray();

        var restarts = 0;
        for (var round = 0; round < LongForm.Of(1, 5); round++)
        {
            foreach (var server in fixture.Servers)
            {
                await ProgressAsync();
                Assert.Equal(0, await server.StopAsync());
                await ProgressAsync();
                await server.StartAgainAsync();
                restarts++;

                // As minReadySeconds of Kubernetes and Swarm's delay: the next one goes when clients have found this one again.
                await Task.Delay(2 * ServiceChannel.LongestReconnectPause);
            }
        }

        await ProgressAsync();
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        stop.Dispose();
        SuiteReport.Add("faults", "rolling restart of two servers under load", ("restarts", restarts), ("unary calls", answered), ("failed", failures.Count));
        output.WriteLine($"{restarts} restarts, {answered} calls, {failures.Count} failed");
        Assert.True(failures.Count == 0, $"{failures.Count} of {answered} calls failed, the first: {failures.FirstOrDefault()?.Status}");

        async Task ProgressAsync()
        {
            var (before, limit) = (Interlocked.Read(ref answered), Stopwatch.StartNew());
            while (Interlocked.Read(ref answered) < before + 100)
            {
                Assert.True(limit.Elapsed < TimeSpan.FromMinutes(1), "No call gets through.");
                await Task.Delay(10);
            }
        }
    }

    [Fact]
    public async Task Readers_that_do_not_read_take_no_memory_of_the_server()
    {
        const int batches = 4, items = 5_000, length = 256, readers = 16;
        const double dataMebibytes = (double)batches * items * length * sizeof(float) / (1 << 20);
        await fixture.WaitUntilConnectedAsync();
        var server = fixture.Servers[0];
        var dataset = await server.CreateDatasetAsync(length);
        for (var batch = 0; batch < batches; batch++)
        {
            await server.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(items, length, $"b{batch}-") });
        }

        await ReadAsync(int.MaxValue);
        var before = Mebibytes(server.ProcessId);
        using var leave = new CancellationTokenSource();
        var open = new List<AsyncServerStreamingCall<ExportItemsResponse>>();
        for (var reader = 0; reader < readers; reader++)
        {
            var call = server.Items.ExportItems(new ExportItemsRequest { Parent = dataset, IncludeFeatures = true }, cancellationToken: leave.Token);
            open.Add(call);
            Assert.True(await call.ResponseStream.MoveNext(leave.Token));
        }

        // Whoever reads is not held up by those who do not, and by then these have had all the time in the world.
        Assert.Equal(batches * items, await ReadAsync(int.MaxValue));
        var grown = Mebibytes(server.ProcessId) - before;
        await leave.CancelAsync();
        open.ForEach(call => call.Dispose());
        Assert.Equal(batches * items, await ReadAsync(int.MaxValue));
        SuiteReport.Add(
            "faults", "readers that do not read", ("readers", readers), ("MiB that each did not read", $"{dataMebibytes:0}"), ("MiB the server grew by", $"{grown:0}"));
        output.WriteLine($"{readers} readers of {dataMebibytes:0} MiB: the server grew by {grown:0} MiB");
        Assert.True(grown < readers * dataMebibytes / 2, $"the server grew by {grown:0} MiB");

        async Task<int> ReadAsync(int most)
        {
            var count = 0;
            using var call = server.Items.ExportItems(new ExportItemsRequest { Parent = dataset, IncludeFeatures = true });
            while (count < most && await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                count += call.ResponseStream.Current.Items.Count;
            }

            return count;
        }
    }

    private async Task StrikeAsync(Fault fault, RunningService victim)
    {
        switch (fault)
        {
            case Fault.DatabaseAway:
                fixture.Proxy.GoAway();
                await NotReadyAsync(victim);
                await Task.Delay(TimeSpan.FromSeconds(LongForm.Of(1, 30)));
                fixture.Proxy.ComeBack();
                break;
            case Fault.ResetDatabaseConnections:
                Assert.True(fixture.Proxy.Reset() > 0, "There was no connection to reset.");
                break;
            case Fault.KillOneServer:
                await victim.KillAsync();
                break;
            case Fault.StopOneServer:
                Assert.Equal(0, await victim.StopAsync());
                break;
            default:
                throw new InvalidOperationException($"{fault}");
        }
    }

    // Alive, but of no use: whoever distributes calls is told.
    private static async Task NotReadyAsync(RunningService server)
    {
        using var client = new HttpClient();
        using var ready = await client.GetAsync(new Uri($"{server.HttpAddress}/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        using var alive = await client.GetAsync(new Uri($"{server.HttpAddress}/healthz"));
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    private static double Mebibytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line["RssAnon:".Length..^"kB".Length], System.Globalization.CultureInfo.InvariantCulture) / 1024.0;
    }
}
