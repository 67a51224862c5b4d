using System.Globalization;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using Xunit.Abstractions;

namespace LabelerService.EndToEnd.Torture;

/// <summary>
/// Clients stream, revise and retract while the service and its database are killed at random moments; after every kill the store is
/// compared with what was acknowledged. Seeded. <c>LABELER_TORTURE_ROUNDS</c> sets the number of kills (default 4; the long form is 50).
/// </summary>
public sealed class TortureTests(ITestOutputHelper output)
{
    private const int ClientCount = 8;
    private const int ItemCount = 10_000;
    private const int DefaultRounds = 4;
    private const int Seed = 20261125;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private enum Fault
    {
        KillServer,
        KillPostmaster,
        CrashPostgres,
        KillBackend,
        KillBoth,
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_stored_twice_however_often_the_service_and_PostgreSQL_are_killed()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("LABELER_TORTURE_ROUNDS") ?? $"{DefaultRounds}", CultureInfo.InvariantCulture);
        var random = new Random(Seed);
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, ItemCount);
        var clients = Enumerable.Range(0, ClientCount)
            .Select(i => new TortureClient(dataset, $"w{i}", (TortureWay)(i % 3), ItemCount, Seed + i)).ToArray();
        for (var round = 1; round <= rounds; round++)
        {
            var fault = round <= Enum.GetValues<Fault>().Length ? (Fault)(round - 1) : (Fault)random.Next(Enum.GetValues<Fault>().Length);
            using var stop = new CancellationTokenSource();
            var before = clients.Sum(client => client.Acknowledged);
            var running = clients.Select(client => client.RunAsync(service, stop.Token)).ToArray();

            // Once work is under way, at random: that is what this test is about.
            await Task.WhenAny(Task.WhenAll(running), Task.Run(async () =>
            {
                while (clients.Sum(client => client.Acknowledged) < before + ClientCount)
                {
                    await Task.Delay(10, CancellationToken.None);
                }
            }, CancellationToken.None)).WaitAsync(Patience);
            await Task.Delay(random.Next(1_000));
            await StrikeAsync(service, fault, random);
            await stop.CancelAsync();
            await Task.WhenAll(running).WaitAsync(Patience);
            await RecoverAsync(service, fault);

            await CheckAsync(service, dataset, clients, $"round {round}, {fault}");
            output.WriteLine($"round {round}: {fault}, {clients.Sum(client => client.Acknowledged) - before} messages acknowledged");
        }

        foreach (var client in clients)
        {
            await client.FinishAsync(service);
        }

        await CheckAsync(service, dataset, clients, "the end");
        var acknowledged = clients.Sum(client => client.Acknowledged);
        output.WriteLine(
            $"{rounds} rounds: {acknowledged} messages with {clients.Sum(client => client.AcknowledgedRows)} rows acknowledged, "
            + $"{clients.Sum(client => client.SentAgain)} messages of streams sent again");
        Assert.True(acknowledged > rounds * ClientCount, $"only {acknowledged} messages got through: the test tested nothing");
    }

    private static async Task StrikeAsync(RunningService service, Fault fault, Random random)
    {
        if (fault is Fault.KillServer or Fault.KillBoth)
        {
            await service.KillAsync();
        }

        // The postmaster is the process with -D; its backends say whom they serve.
        if (fault is Fault.KillPostmaster or Fault.CrashPostgres or Fault.KillBoth)
        {
            var postmaster = Assert.Single(RunningService.FindProcesses("postgres", "-D", service.Directory));
            await RunningService.SignalAsync(fault == Fault.CrashPostgres ? "QUIT" : "KILL", postmaster);
        }

        if (fault == Fault.KillBackend)
        {
            var postmaster = Assert.Single(RunningService.FindProcesses("postgres", "-D", service.Directory));
            var backends = RunningService.ChildrenOf(postmaster, "postgres: labeler labeler");
            await RunningService.SignalAsync("KILL", backends[random.Next(backends.Count)]);
        }
    }

    private static async Task RecoverAsync(RunningService service, Fault fault)
    {
        if (fault is Fault.KillServer or Fault.KillBoth)
        {
            await service.StartAgainAsync();
        }
        else
        {
            await service.WaitUntilReadyAsync();
        }
    }

    /// <summary>Compares the store with what clients know to be acknowledged.</summary>
    internal static async Task CheckAsync(RunningService service, string dataset, IEnumerable<TortureClient> clients, string when)
    {
        var stored = await ReadAsync(service, dataset);
        foreach (var client in clients)
        {
            var problem = client.Check(stored.GetValueOrDefault(client.Labeler) ?? []);
            Assert.True(problem is null, $"{when}: {problem}");
        }
    }

    private static async Task<Dictionary<string, Dictionary<int, (int? Class, int Revision)>>> ReadAsync(RunningService service, string dataset)
    {
        string[] classes = ["a", "b", "c"];
        var stored = new Dictionary<string, Dictionary<int, (int?, int)>>();
        using var timeout = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                using var export = service.Annotations.ExportAnnotations(new ExportAnnotationsRequest { Parent = dataset, ShowRetracted = true });
                await foreach (var page in export.ResponseStream.ReadAllAsync(timeout.Token))
                {
                    foreach (var annotation in page.Annotations)
                    {
                        if (!stored.TryGetValue(annotation.LabelerId, out var items))
                        {
                            stored[annotation.LabelerId] = items = [];
                        }

                        int? index = annotation.Retracted ? null : Array.IndexOf(classes, annotation.ClassName);
                        Assert.True(
                            items.TryAdd(int.Parse(annotation.ItemId.AsSpan(1), CultureInfo.InvariantCulture), (index, annotation.Revision)),
                            $"{annotation.ItemId} of {annotation.LabelerId} is stored twice");
                    }
                }

                return stored;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && !timeout.IsCancellationRequested)
            {
                // A connection of the pool that the crash broke.
                stored.Clear();
            }
        }
    }
}
