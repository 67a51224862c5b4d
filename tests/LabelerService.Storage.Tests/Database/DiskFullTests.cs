using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Embedded;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit;
using LabelerService.TestKit.Postgres;
using LabelerService.TestKit.Suites;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

/// <summary>Disks that are really full: what is refused, what goes on, and what happens when there is room again.</summary>
[Trait("Suite", "faults")]
public sealed class DiskFullTests
{
    private const int Batch = 50;
    private const int FloatsPerItem = 1_000;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [SmallDiskFact]
    public async Task Where_tables_have_no_room_writing_is_refused_reading_goes_on_and_room_is_enough()
    {
        using var disk = new SmallDisk(megabytes: 8);
        await using var cluster = await Cluster.StartAsync(durable: false);
        await using var storage = PostgresFixture.Storage(cluster.ConnectionString);
        var dataset = await CreateAsync(storage);
        foreach (var statement in (string[])[
            $"CREATE TABLESPACE small LOCATION '{disk.CreateFolder("tables")}'", "ALTER TABLE items SET TABLESPACE small", "ALTER TABLE annotations SET TABLESPACE small"])
        {
            await using var command = storage.GetRequiredService<NpgsqlDataSource>().CreateCommand(statement);
            await command.ExecuteNonQueryAsync();
        }

        var (stored, refusal) = await FillAsync(storage, dataset);
        Assert.Equal((ErrorKind.ResourceExhausted, "DATABASE_FULL", TimeSpan.FromSeconds(10)), (refusal.Kind, refusal.Reason, refusal.RetryAfter));
        Assert.True(stored > 0);
        Assert.Equal(stored, await CountAsync(storage, dataset));

        // Annotations find the same disk full, through the queue that acknowledges them.
        var said = await AnnotateAsync(storage, dataset, stored);
        Assert.Equal("DATABASE_FULL", said.Refusal!.Reason);
        Assert.Equal(said.Acknowledged, await storage.GetRequiredService<AnnotationStore>().CountAsync(dataset, default));
        Assert.True((await storage.GetRequiredService<DatabaseHealth>().CheckAsync(default)).Ready);

        disk.Grow(megabytes: 64);
        Assert.Null((await AnnotateAsync(storage, dataset, Batch)).Refusal);
        await WriteAsync(storage, dataset, stored / Batch);
        Assert.Equal(stored + Batch, await CountAsync(storage, dataset));
        SuiteReport.Add("faults", "disk full where tables are", ("items stored before", stored), ("annotations acknowledged before", said.Acknowledged), ("lost", 0));
    }

    [SmallDiskFact]
    public async Task Where_the_log_has_no_room_what_was_acknowledged_is_there_when_there_is_room_again()
    {
        using var disk = new SmallDisk(megabytes: 100);
        await using var cluster = await Cluster.StartAsync(durable: true, disk.CreateFolder("cluster"));
        await using var storage = PostgresFixture.Storage(cluster.ConnectionString);
        var dataset = await CreateAsync(storage);

        var (stored, refusal) = await FillAsync(storage, dataset);
        Assert.True(refusal.Kind is ErrorKind.Unavailable or ErrorKind.ResourceExhausted, $"{refusal.Kind}: {refusal.Message}");
        Assert.True(stored > 0);

        // PostgreSQL gives up where it cannot write its log, and is started again as often as it takes.
        disk.Grow(megabytes: 400);
        using var limit = new CancellationTokenSource(Long);
        while (!(await storage.GetRequiredService<DatabaseHealth>().CheckAsync(limit.Token)).Ready)
        {
            await Task.Delay(100, limit.Token);
        }

        // The batch that got no answer may have been committed; nothing else may be more, and nothing less.
        Assert.InRange(await CountAsync(storage, dataset), stored, stored + Batch);
        await WriteAsync(storage, dataset, (stored / Batch) + 1);
        SuiteReport.Add("faults", "disk full where the log is", ("items acknowledged before", stored), ("lost", 0));
    }

    private static async Task<DatasetRecord> CreateAsync(ServiceProvider storage)
    {
        await storage.GetRequiredService<DatabaseMigrator>().MigrateAsync(default);
        return await storage.GetRequiredService<DatasetStore>().CreateAsync(
            new DatasetWrite("full", Some.Schema(features: FloatsPerItem)), null, default);
    }

    private static async Task<(int Stored, ServiceException Refusal)> FillAsync(ServiceProvider storage, DatasetRecord dataset)
    {
        for (var batch = 0; ; batch++)
        {
            try
            {
                await WriteAsync(storage, dataset, batch);
            }
            catch (ServiceException refusal)
            {
                return (batch * Batch, refusal);
            }
        }
    }

    private static Task<ItemUpsertResult> WriteAsync(ServiceProvider storage, DatasetRecord dataset, int batch)
    {
        var random = new Random(batch);
        return storage.GetRequiredService<ItemStore>().UpsertAsync(
            dataset,
            [.. Enumerable.Range(batch * Batch, Batch).Select(i => Some.Item($"i{i}", features: [.. Enumerable.Range(0, FloatsPerItem).Select(_ => (float)random.NextDouble())]))],
            null, default);
    }

    private static async Task<int> CountAsync(ServiceProvider storage, DatasetRecord dataset)
    {
        var count = 0;
        await storage.GetRequiredService<ItemStore>().ExportAsync(
            dataset, new ItemExport(null, true, true),
            (_, _) =>
            {
                count++;
                return Task.CompletedTask;
            },
            default);
        return count;
    }

    private static async Task<(long Acknowledged, ServiceException? Refusal)> AnnotateAsync(ServiceProvider storage, DatasetRecord dataset, int items)
    {
        var acknowledged = 0L;
        for (var labeler = 0; labeler < 200; labeler++)
        {
            try
            {
                var result = await storage.GetRequiredService<AnnotationStore>().WriteAsync(
                    dataset, [.. Enumerable.Range(0, Math.Min(items, 500)).Select(i => Some.Annotation(i, labeler, 0))], UnknownLabelers.Register, null, default);
                acknowledged += result.Created;
            }
            catch (ServiceException refusal)
            {
                return (acknowledged, refusal);
            }
        }

        return (acknowledged, null);
    }

    /// <summary>A private cluster, in a directory that is given or in one of its own.</summary>
    private sealed class Cluster(EmbeddedPostgres postgres, string? scratch) : IAsyncDisposable
    {
        public string ConnectionString => postgres.ConnectionString;

        public static async Task<Cluster> StartAsync(bool durable, string? directory = null)
        {
            var scratch = directory is null ? ScratchDirectory.Create("labeler-full-") : null;
            var options = new EmbeddedPostgresOptions { Directory = Path.Combine(directory ?? scratch!, "data"), Durable = durable };
            return new Cluster(
                await EmbeddedPostgres.StartAsync(options, TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance, CancellationToken.None), scratch);
        }

        public async ValueTask DisposeAsync()
        {
            await postgres.DisposeAsync();
            if (scratch is not null)
            {
                System.IO.Directory.Delete(scratch, recursive: true);
            }
        }
    }
}
