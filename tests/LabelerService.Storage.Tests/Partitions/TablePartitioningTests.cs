using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Partitions;
using LabelerService.Storage.Tests.Backups;
using LabelerService.Storage.Tests.Database;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Partitions;

/// <summary>The large tables in partitions by dataset: what they hold and how they are described stays, and the service goes on with them.</summary>
public sealed class TablePartitioningTests(TablePartitioningTests.Filled filled) : IClassFixture<TablePartitioningTests.Filled>
{
    [Fact]
    public async Task Partitioned_and_plain_again_a_database_holds_the_same_and_goes_on_from_there()
    {
        var (copy, dataset) = (await filled.CopyAsync(), filled.Dataset);
        var (contents, schema) = (await DatabaseContents.ReadAsync(copy), await TableSchemas.ReadAsync(copy));

        var reports = new List<PartitionProgress>();
        var partitioned = await ApplyAsync(copy, 4, new Reports(reports.Add));
        Assert.Equal(TablePartitioning.Tables, partitioned.Select(table => table.Name));
        Assert.All(partitioned, table => Assert.Equal(4, table.Partitions));
        Assert.Equal(TablePartitioning.Tables, reports.Where(report => report.Done).Select(report => report.Table));
        Assert.Equal(contents, await DatabaseContents.ReadAsync(copy));
        Assert.Equal(schema, await TableSchemas.ReadAsync(copy));

        // Another number, whatever the parts are called; and the same again, which is nothing to do.
        await using (var source = NpgsqlDataSource.Create(copy + ";Pooling=false"))
        await using (var rename = source.CreateCommand("ALTER TABLE items_part_002 RENAME TO \"Items, by hand\""))
        {
            await rename.ExecuteNonQueryAsync();
        }

        await ApplyAsync(copy, 7);
        Assert.Equal((contents, schema), (await DatabaseContents.ReadAsync(copy), await TableSchemas.ReadAsync(copy)), Same);
        reports.Clear();
        Assert.All(await ApplyAsync(copy, 7, new Reports(reports.Add)), table => Assert.Equal(7, table.Partitions));
        Assert.Empty(reports);

        // A backup of it goes into plain tables, and the plain tables are what they were.
        var (file, _) = await BackupFiles.WriteAsync(copy);
        var restored = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await BackupFiles.RestoreAsync(file, restored);
        var expected = new SortedDictionary<string, string>(contents, StringComparer.Ordinal) { ["dataset_writes"] = "0 " };
        Assert.Equal(expected, await DatabaseContents.ReadAsync(restored));

        await using (var storage = PostgresFixture.Storage(copy + ";Pooling=false"))
        {
            Assert.Equal(await FilledDatabase.ExportAsync(filled.Database.Services, dataset), await FilledDatabase.ExportAsync(storage, dataset));
            await FilledDatabase.GoesOnAsync(storage, dataset);
        }

        contents = await DatabaseContents.ReadAsync(copy);
        Assert.All(await ApplyAsync(copy, 0), table => Assert.Equal(0, table.Partitions));
        Assert.Equal((contents, schema), (await DatabaseContents.ReadAsync(copy), await TableSchemas.ReadAsync(copy)), Same);
        await using var plain = PostgresFixture.Storage(copy + ";Pooling=false");
        await plain.GetRequiredService<DatasetStore>().DeleteAsync(dataset.Id, null, default);
        Assert.StartsWith("0 ", (await DatabaseContents.ReadAsync(copy))["annotations"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_between_two_tables_it_leaves_all_of_them_as_they_were()
    {
        var copy = await filled.CopyAsync();
        var (contents, schema) = (await DatabaseContents.ReadAsync(copy), await TableSchemas.ReadAsync(copy));
        var done = 0;
        var error = await Assert.ThrowsAsync<ServiceException>(() => ApplyAsync(copy, 4, new Reports(report =>
        {
            if (report.Done && ++done == 2)
            {
                Kill(copy);
            }
        })));

        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal((contents, schema), (await DatabaseContents.ReadAsync(copy), await TableSchemas.ReadAsync(copy)), Same);
        await using var storage = PostgresFixture.Storage(copy + ";Pooling=false");
        Assert.All(await storage.GetRequiredService<TablePartitioning>().LookAsync(default), table => Assert.Equal(0, table.Partitions));
    }

    [Fact]
    public async Task It_is_refused_while_others_are_connected_and_on_another_schema()
    {
        var copy = await filled.CopyAsync();
        await using (var source = NpgsqlDataSource.Create(copy + ";Pooling=false;Application Name=somebody's console"))
        await using (await source.OpenConnectionAsync())
        {
            var error = await Assert.ThrowsAsync<ServiceException>(() => ApplyAsync(copy, 4));
            Assert.Equal(("DATABASE_IN_USE", ErrorKind.FailedPrecondition), (error.Reason, error.Kind));
            Assert.Contains("somebody's console", error.Message, StringComparison.Ordinal);
        }

        var empty = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        Assert.Equal("SCHEMA_OF_OTHER_VERSION", (await Assert.ThrowsAsync<ServiceException>(() => ApplyAsync(empty, 4))).Reason);
        await using (var source = NpgsqlDataSource.Create(copy + ";Pooling=false"))
        await using (var newer = source.CreateCommand("""INSERT INTO "__EFMigrationsHistory" VALUES ('29990101000000_Later', '10')"""))
        {
            await newer.ExecuteNonQueryAsync();
        }

        Assert.Equal("SCHEMA_OF_OTHER_VERSION", (await Assert.ThrowsAsync<ServiceException>(() => ApplyAsync(copy, 4))).Reason);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(TablePartitioning.MostPartitions + 1)]
    public async Task Numbers_that_make_no_sense_are_refused(int partitions) =>
        Assert.Equal(ErrorKind.InvalidArgument, (await Assert.ThrowsAsync<ServiceException>(() => ApplyAsync(filled.Database.ConnectionString, partitions))).Kind);

    private static async Task<IReadOnlyList<PartitionedTable>> ApplyAsync(string connectionString, int partitions, IProgress<PartitionProgress>? progress = null)
    {
        await using var storage = PostgresFixture.Storage(connectionString + ";Pooling=false");
        return await storage.GetRequiredService<TablePartitioning>().ApplyAsync(partitions, progress, default);
    }

    private static void Kill(string connectionString)
    {
        using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        using var kill = source.CreateCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'");
        kill.ExecuteNonQuery();
    }

    private static bool Same(
        (SortedDictionary<string, string> Contents, List<string> Schema) one, (SortedDictionary<string, string> Contents, List<string> Schema) other)
    {
        Assert.Equal(one.Contents, other.Contents);
        Assert.Equal(one.Schema, other.Schema);
        return true;
    }

    private sealed class Reports(Action<PartitionProgress> report) : IProgress<PartitionProgress>
    {
        public void Report(PartitionProgress value) => report(value);
    }

    /// <summary>A database with some of everything. It has connections: what is partitioned are copies that nobody uses.</summary>
    public sealed class Filled : IAsyncLifetime
    {
        private byte[] _backup = [];

        public PostgresFixture Database { get; } = new();

        public DatasetRecord Dataset { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            await Database.InitializeAsync();
            Dataset = await FilledDatabase.FillAsync(Database);
            (_backup, _) = await BackupFiles.WriteAsync(Database.ConnectionString);
        }

        public Task DisposeAsync() => Database.DisposeAsync();

        public async Task<string> CopyAsync()
        {
            var copy = await PostgresFixture.CreateDatabaseAsync(migrated: false);
            await BackupFiles.RestoreAsync(_backup, copy);
            return copy;
        }
    }
}
