using System.Net;
using System.Net.Sockets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

public sealed class DatabaseMigratorTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Replicas_that_start_at_once_migrate_an_empty_database_once()
    {
        var connection = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        var replicas = Enumerable.Range(0, 4).Select(_ => PostgresFixture.Storage(connection)).ToList();
        Assert.Equal(
            new DatabaseStatus(true, false, "No migration is applied yet."),
            await replicas[0].GetRequiredService<DatabaseHealth>().CheckAsync(default));
        var unmigrated = await Some.FailsAsync(
            ErrorKind.FailedPrecondition, () => replicas[0].GetRequiredService<DatasetStore>().GetAsync("any", default));
        Assert.Equal("SCHEMA_OUTDATED", unmigrated.Reason);

        await Task.WhenAll(replicas.Select(replica => Task.Run(() => replica.GetRequiredService<DatabaseMigrator>().MigrateAsync(default))));

        foreach (var replica in replicas)
        {
            Assert.True((await replica.GetRequiredService<DatabaseHealth>().CheckAsync(default)).Ready);
        }

        await using (var applied = replicas[0].GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "SELECT count(*) - count(DISTINCT migration_id) FROM \"__EFMigrationsHistory\""))
        {
            Assert.Equal(0L, await applied.ExecuteScalarAsync());
        }

        await replicas[0].GetRequiredService<DatasetStore>().CreateAsync(new DatasetWrite("works", Some.Schema()), null, default);
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await database.Get<DatasetStore>().CreateAsync(new DatasetWrite("kept", Some.Schema()), null, default);
        await database.Get<DatabaseMigrator>().MigrateAsync(default);
        Assert.Equal("kept", (await database.Get<DatasetStore>().GetAsync("kept", default)).Id);
    }

    [Fact]
    public async Task The_lock_is_free_after_a_migration()
    {
        await database.Get<DatabaseMigrator>().MigrateAsync(default);
        await using var locks = database.Get<NpgsqlDataSource>().CreateCommand(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND d.datname = current_database()");
        Assert.Equal(0L, await locks.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_database_that_never_answers_ends_the_wait_with_a_clear_error()
    {
        await using var nowhere = PostgresFixture.Storage(
            $"Host=127.0.0.1;Port={FreePort()};Username=x;Password=y;Database=z", options => options.DatabaseWait = TimeSpan.FromMilliseconds(250));
        var exception = await Some.FailsAsync(
            ErrorKind.Unavailable, () => nowhere.GetRequiredService<DatabaseMigrator>().MigrateAsync(default));
        Assert.Contains("--postgres", exception.Message, StringComparison.Ordinal);
        await Some.FailsAsync(ErrorKind.Unavailable, () => nowhere.GetRequiredService<DatasetStore>().GetAsync("any", default));
        Assert.False((await nowhere.GetRequiredService<DatabaseHealth>().CheckAsync(default)).Reachable);
    }

    [Fact]
    public async Task The_model_and_the_migrations_agree()
    {
        await using var context = await database.Get<Microsoft.EntityFrameworkCore.IDbContextFactory<Schema.LabelerDbContext>>()
            .CreateDbContextAsync();
        Assert.False(Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.HasPendingModelChanges(context.Database));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
