using Grpc.Core;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Predictions;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.EndToEnd.Faults;

/// <summary>Two servers' processes on one database, which they reach through a proxy; and two versions of a model in it.</summary>
public sealed class ReplicaFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();

    public RunningService[] Servers { get; private set; } = [];

    /// <summary>The database, past the proxy.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    /// <summary>The dataset that has the model.</summary>
    public string Modelled { get; private set; } = "";

    /// <summary>What the model's versions say of <see cref="Features"/>.</summary>
    public Dictionary<string, float[]> Expected { get; } = new(StringComparer.Ordinal);

    public float[] Features { get; } = PublishedModels.Features(1);

    /// <summary>Between servers and database.</summary>
    internal TcpProxy Proxy { get; private set; } = null!;

    /// <summary>
    /// Waits until both servers are ready and this process is connected with them: after a failed attempt a channel refuses calls for a while by itself, which
    /// would test nothing.
    /// </summary>
    public Task WaitUntilConnectedAsync() => Task.WhenAll(Servers.Select(async server =>
    {
        await server.WaitUntilReadyAsync();
        await server.Channel.ConnectAsync();
    }));

    public CallInvoker Invoker(int client) => Servers[client % Servers.Length].Channel.CreateCallInvoker();

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        Database = NpgsqlDataSource.Create(_postgres.ConnectionString);
        var models = new PublishedModels(_postgres);
        var dataset = await models.CreateDatasetAsync();
        Modelled = $"datasets/{dataset.Id}";
        for (var version = 1; version <= 2; version++)
        {
            Expected[$"{Modelled}/models/wdn/versions/{version}"] = PublishedModels.Expected(await models.PublishAsync(dataset, version), Features);
        }

        var address = new NpgsqlConnectionStringBuilder(_postgres.ConnectionString);
        Proxy = TcpProxy.To(address.Host!, address.Port);
        var through = new NpgsqlConnectionStringBuilder(_postgres.ConnectionString) { Host = "127.0.0.1", Port = Proxy.Port }.ConnectionString;
        Servers =
        [
            .. Enumerable.Range(0, 2).Select(_ => RunningService.Create(
                RunningService.NewDirectory(), ownsDirectory: true, "--postgres", through, "--trainers", "0", "--prediction-wait", "60000")),
        ];
        foreach (var server in Servers)
        {
            await server.StartAgainAsync();
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }

        await Proxy.DisposeAsync();
        await Database.DisposeAsync();
        await _postgres.DisposeAsync();
    }
}
