using LabelerService.Storage.Database;
using LabelerService.Storage.Schema;
using LabelerService.TestKit.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

/// <summary>A migration while servers of the version before are at work.</summary>
public sealed class MigrationUnderLoadTests
{
    // What follows it locks the large tables.
    private const string OldSchema = "20261128040000_StudioAnnotations";

    [Fact]
    public async Task A_migration_that_waits_for_a_long_transaction_lets_all_others_pass_and_ends_after_it()
    {
        var connection = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await using var storage = PostgresFixture.Storage(connection);
        await using (var context = await storage.GetRequiredService<IDbContextFactory<LabelerDbContext>>().CreateDbContextAsync())
        {
            await context.GetService<IMigrator>().MigrateAsync(OldSchema);
        }

        await using var source = NpgsqlDataSource.Create(connection);
        await using var reader = await source.OpenConnectionAsync();
        await using var reading = await reader.BeginTransactionAsync();
        await ExecuteAsync(reader, "SELECT count(*) FROM items");
        var migration = storage.GetRequiredService<DatabaseMigrator>().MigrateAsync(default);

        // The migration has asked for the table, and gives way again and again: each of these queues behind it for half a second at most.
        await using var writer = await source.OpenConnectionAsync();
        await ExecuteAsync(writer, "SET lock_timeout = '10s'");
        while (await WaitingAsync(source) == 0)
        {
            Assert.False(migration.IsCompleted);
            await Task.Yield();
        }

        for (var i = 0; i < 20; i++)
        {
            await ExecuteAsync(
                writer, $"INSERT INTO items (dataset_id, item_key, external_id, split, feature_encoding, bytes, replaced_bytes) VALUES (1, {i}, 'i{i}', 1, 0, 0, 0)");
        }

        Assert.False(migration.IsCompleted);
        await reading.CommitAsync();
        await migration;
        Assert.True((await storage.GetRequiredService<DatabaseHealth>().CheckAsync(default)).Ready);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> WaitingAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "SELECT count(*) FROM pg_locks l WHERE NOT l.granted AND l.relation = 'items'::regclass AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
