using Google.Protobuf;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Speed;
using LabelerService.Cli.Demo;
using LabelerService.Contracts.V1;
using LabelerService.Storage.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace LabelerService.Benchmarks.Ingest;

/// <summary>A service as it is delivered (its own process, an embedded PostgreSQL with the usual durability) and both ways into it.</summary>
internal sealed class ServiceUnderTest : IAsyncDisposable
{
    private const int ItemsAMessage = 5_000;

    private readonly TemporaryFolder _folder;
    private readonly EmbeddedPostgres _postgres;
    private readonly ServerProcess _server;
    private int _datasets;

    private ServiceUnderTest(TemporaryFolder folder, EmbeddedPostgres postgres, ServerProcess server, TimeProvider time)
    {
        _folder = folder;
        _postgres = postgres;
        _server = server;
        Service = new ServiceConnection(new ConnectionSettings(server.Address), time);
        Database = NpgsqlDataSource.Create(postgres.ConnectionString);
    }

    public ServiceConnection Service { get; }

    public NpgsqlDataSource Database { get; }

    /// <summary>Connection string of the database.</summary>
    public string ConnectionString => _postgres.ConnectionString;

    /// <summary>URL of the gRPC port.</summary>
    public Uri Address => _server.Address;

    /// <summary>URL of the HTTP port.</summary>
    public Uri HttpAddress => _server.HttpAddress;

    /// <summary>Id of the server's process.</summary>
    public int ServerProcessId => _server.Id;

    /// <summary>Id of PostgreSQL's first process, whose children do the work.</summary>
    public int PostmasterId => _postgres.PostmasterPid;

    /// <summary>Memory of the server's process, now and at most, in MiB.</summary>
    public (double Now, double Peak) Memory() => (ProcessMemory.CurrentMebibytes(_server.Id), ProcessMemory.PeakMebibytes(_server.Id));

    /// <summary>Starts both.</summary>
    /// <param name="run">The bench.</param>
    /// <param name="cancel">Cancels.</param>
    /// <param name="options">Options of the server beside its ports; without any it has no trainer.</param>
    public static async Task<ServiceUnderTest> StartAsync(BenchRun run, CancellationToken cancel, params IReadOnlyList<string> options)
    {
        var folder = new TemporaryFolder(keep: false);
        var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { Directory = Path.Combine(folder.Path, "database") }, run.Time,
            NullLogger<EmbeddedPostgres>.Instance, cancel);
        var data = Directory.CreateDirectory(Path.Combine(folder.Path, "server")).FullName;
        var server = ServerProcess.Start(ServerLocator.Server(run.Host.Variable), data, run.Time, postgres.ConnectionString, options);
        var service = new ServiceUnderTest(folder, postgres, server, run.Time);
        try
        {
            await server.WaitUntilReadyAsync(cancel);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>A new dataset; returns its id.</summary>
    public async Task<string> CreateDatasetAsync(int length, int classes, CancellationToken cancel)
    {
        var id = $"bench-{++_datasets}";
        await Service.Datasets.CreateDatasetAsync(
            new CreateDatasetRequest
            {
                DatasetId = id,
                Dataset = new Dataset
                {
                    Classes = { Enumerable.Range(0, classes).Select(index => $"class-{index}") },
                    ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = length } },
                },
            },
            cancellationToken: cancel);
        return id;
    }

    /// <summary>Stores items of one value each, and the labelers, so that what is measured later is annotations alone.</summary>
    public async Task PrepareAsync(string dataset, AnnotationRows rows, CancellationToken cancel)
    {
        for (var from = 0; from < rows.Items; from += ItemsAMessage)
        {
            var count = Math.Min(ItemsAMessage, rows.Items - from);
            var batch = new ItemBatch
            {
                Features = new Tensor { DataType = Tensor.Types.DataType.Float32, Shape = { count, 1 }, Data = ByteString.CopyFrom(new byte[count * sizeof(float)]) },
            };
            batch.ItemIds.AddRange(Enumerable.Range(from, count).Select(AnnotationRows.ItemId));
            await Service.Items.BatchCreateItemsAsync(
                new BatchCreateItemsRequest { Parent = $"datasets/{dataset}", Batch = batch }, cancellationToken: cancel);
        }

        // Through SQL: what registering labelers costs is not the question here.
        await using var connection = await Database.OpenConnectionAsync(cancel);
        await using var insert = new NpgsqlCommand(
            "INSERT INTO labelers (dataset_id, external_id) SELECT dataset_id, l FROM datasets, unnest($2) l WHERE id = $1", connection)
        {
            Parameters = { new() { Value = dataset }, new() { Value = Enumerable.Range(0, rows.Labelers).Select(AnnotationRows.LabelerId).ToArray() } },
        };
        await insert.ExecuteNonQueryAsync(cancel);
        await using var analyse = new NpgsqlCommand("ANALYZE items, labelers", connection);
        await analyse.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Writes all dirty pages, so that no measurement pays for the one before.</summary>
    public async Task SettleAsync(CancellationToken cancel)
    {
        await using var checkpoint = Database.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        Service.Dispose();
        await Database.DisposeAsync();
        await _server.DisposeAsync();
        await _postgres.DisposeAsync();
        _folder.Dispose();
    }
}
