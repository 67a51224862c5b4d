using System.Diagnostics;
using Grpc.Core;
using LabelerService.TestKit.Suites;
using Npgsql;
using Xunit.Abstractions;

namespace LabelerService.EndToEnd.Faults;

/// <summary>The clients of a fault test: they work while something is struck, and what they know is compared with the database.</summary>
internal sealed class TortureCrew(string dataset, IReadOnlyList<ITortureClient> clients, ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, int> _faults = new(StringComparer.Ordinal);
    private int _checkedIndexes;

    /// <summary>Requests that were acknowledged.</summary>
    public long Acknowledged => clients.Sum(client => client.Acknowledged);

    /// <summary>Labelers with all ways of sending, and registrars of items.</summary>
    public static TortureCrew Create(string dataset, int count, int items, int seed, ITestOutputHelper output) => new(
        dataset,
        [
            .. Enumerable.Range(0, count).Select(i => new TortureClient(dataset, $"w{i}", (TortureWay)(i % 4), items, seed + i)),
            new ItemTortureClient(dataset, "x", seed + count),
            new ItemTortureClient(dataset, "y", seed + count + 1),
        ],
        output);

    /// <summary>Lets all work, strikes at a random moment once work is under way, and waits until all have noticed.</summary>
    /// <param name="name">What is struck.</param>
    /// <param name="random">Says when.</param>
    /// <param name="serviceOf">Where a client sends to.</param>
    /// <param name="strike">Strikes.</param>
    public async Task StrikeAsync(string name, Random random, Func<int, CallInvoker> serviceOf, Func<Task> strike)
    {
        using var stop = new CancellationTokenSource();
        var before = Acknowledged;
        var running = clients.Select((client, index) => client.RunAsync(serviceOf(index), stop.Token)).ToArray();

        // At random, once work is under way: that is what these tests are about.
        var limit = Stopwatch.StartNew();
        while (Acknowledged < before + clients.Count && !Array.TrueForAll(running, client => client.IsCompleted))
        {
            Assert.True(limit.Elapsed < Patience, $"{name}: the clients get nothing done");
            await Task.Delay(10, CancellationToken.None);
        }

        await Task.Delay(random.Next(1_000), CancellationToken.None);
        await strike();
        await stop.CancelAsync();
        await Task.WhenAll(running).WaitAsync(Patience);
        _faults[name] = _faults.GetValueOrDefault(name) + 1;
        output.WriteLine($"{name}: {Acknowledged - before} requests acknowledged");
    }

    /// <summary>Sends what is still to be acknowledged.</summary>
    public async Task FinishAsync(Func<int, CallInvoker> serviceOf)
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        var limit = Stopwatch.StartNew();
        while (clients.Any(client => !client.IsDone))
        {
            Assert.True(limit.Elapsed < Patience, "Not everything can be sent again.");

            // Not those that have nothing to send: a stream without a message is refused.
            await Task.WhenAll(clients.Select((client, index) => client.IsDone ? Task.CompletedTask : client.RunAsync(serviceOf(index), stopped.Token)));
        }
    }

    /// <summary>Compares with the database, which must be whole besides.</summary>
    /// <param name="database">The database.</param>
    /// <param name="when">After what, for the message.</param>
    /// <param name="crashed">Whether PostgreSQL had a crash since the last check: then its indexes are checked too.</param>
    public async Task CheckAsync(NpgsqlDataSource database, string when, bool crashed)
    {
        var stored = await StoredState.ReadAsync(database, dataset);
        var findings = clients.SelectMany(client => client.Check(stored)).Select(finding => $"{finding}").Concat(await Invariants.CheckAsync(database)).ToArray();
        Assert.True(findings.Length == 0, $"{when}: {findings.Length} findings: {string.Join("\n", findings.Take(10))}");
        if (crashed)
        {
            _checkedIndexes += await Invariants.CheckIndexesAsync(database);
        }
    }

    /// <summary>Says what was done. Whatever was lost, doubled or wrong has failed the test before.</summary>
    public void Report(string what)
    {
        var faults = _faults.OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => ($"[{fault.Key}]", (object)fault.Value));
        (string, object)[] figures =
        [
            .. faults,
            ("requests acknowledged", Acknowledged),
            ("rows", clients.OfType<TortureClient>().Sum(client => client.AcknowledgedRows)),
            ("sent again after a break", clients.OfType<TortureClient>().Sum(client => client.SentAgain)),
            ("repeated after an answer", clients.OfType<TortureClient>().Sum(client => client.Repeated)),
            ("indexes checked", _checkedIndexes),
            ("lost", 0), ("doubled", 0), ("half", 0), ("wrong", 0),
        ];
        SuiteReport.Add("faults", what, figures);
        output.WriteLine($"{what}: {string.Join(", ", figures.Select(figure => $"{figure.Item1} {figure.Item2}"))}");
    }
}
