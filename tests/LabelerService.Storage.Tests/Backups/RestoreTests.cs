using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Tests.Database;
using LabelerService.TestKit.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Backups;

/// <summary>What a restored database holds.</summary>
public sealed class RestoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const string OldSchema = "20261128020000_Curves";

    [Fact]
    public async Task A_restored_database_holds_the_same_and_goes_on_from_there()
    {
        var dataset = await FilledDatabase.FillAsync(database);
        var (file, manifest) = await BackupFiles.WriteAsync(database.ConnectionString);
        var restored = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await BackupFiles.RestoreAsync(file, restored);

        var expected = await DatabaseContents.ReadAsync(database.ConnectionString);
        Assert.All(manifest.Tables, table => Assert.StartsWith($"{table.Rows} ", expected[table.Name], StringComparison.Ordinal));
        string[] filled = ["annotation_history", "annotations", "api_keys", "artefacts", "items", "labelers", "model_versions", "request_ids", "server_secrets", "studio_annotations", "training_runs"];
        Assert.All(filled, table => Assert.False(expected[table].StartsWith("0 ", StringComparison.Ordinal), $"{table} is empty: nothing is shown of it."));

        // Numbers of transactions mean nothing elsewhere.
        Assert.NotEqual("0 ", expected["dataset_writes"]);
        expected["dataset_writes"] = "0 ";
        Assert.Equal(expected, await DatabaseContents.ReadAsync(restored));

        await using var storage = PostgresFixture.Storage(restored);
        Assert.True((await storage.GetRequiredService<DatabaseHealth>().CheckAsync(default)).Ready);
        Assert.Equal(await FilledDatabase.ExportAsync(database.Services, dataset), await FilledDatabase.ExportAsync(storage, dataset));
        await FilledDatabase.GoesOnAsync(storage, dataset);
    }

    [Fact]
    public async Task A_backup_of_an_older_schema_is_migrated_when_it_is_restored()
    {
        var old = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await using (var storage = PostgresFixture.Storage(old))
        {
            await using var context = await storage.GetRequiredService<IDbContextFactory<Schema.LabelerDbContext>>().CreateDbContextAsync();
            await context.GetService<IMigrator>().MigrateAsync(OldSchema);
            await using var write = storage.GetRequiredService<NpgsqlDataSource>().CreateCommand(
                """
                INSERT INTO datasets (id, uid, display_name, schema, tags)
                VALUES ('old', gen_random_uuid(), 'of an older version', $1::jsonb, '{}')
                """);
            write.Parameters.Add(new NpgsqlParameter { Value = Json.Write(Some.Schema()) });
            await write.ExecuteNonQueryAsync();
        }

        var (file, manifest) = await BackupFiles.WriteAsync(old);
        Assert.Equal(OldSchema, manifest.Migrations[^1]);
        var restored = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await BackupFiles.RestoreAsync(file, restored);

        await using var now = PostgresFixture.Storage(restored);
        Assert.True((await now.GetRequiredService<DatabaseHealth>().CheckAsync(default)).Ready);
        Assert.Equal("of an older version", (await now.GetRequiredService<DatasetStore>().GetAsync("old", default)).DisplayName);
        Assert.Equal((await DatabaseContents.ReadAsync(database.ConnectionString)).Keys, (await DatabaseContents.ReadAsync(restored)).Keys);
    }

    [Fact]
    public async Task A_backup_while_others_write_is_of_one_moment()
    {
        var busy = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        await using var storage = PostgresFixture.Storage(busy);
        var dataset = await storage.GetRequiredService<DatasetStore>().CreateAsync(new DatasetWrite("busy", Some.Schema()), null, default);
        var items = storage.GetRequiredService<ItemStore>();
        var annotations = storage.GetRequiredService<AnnotationStore>();
        var written = 0;
        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            for (var round = 0; !done.IsCancellationRequested; round++)
            {
                // New items, new labelers, revisions, and items that go again with what was said of them.
                await annotations.WriteAsync(
                    dataset, [.. Enumerable.Range(0, 20).Select(i => new AnnotationWrite($"w{writer}-{(round + i) % 200}", $"l{writer}-{round % 30}", i % 3))],
                    new UnknownIds(UnknownLabelers.Register, UnknownItems.Register), null, default);
                await items.DeleteAsync(dataset, [$"w{writer}-{(round * 7) % 200}"], allowMissing: true, null, default);
                Interlocked.Increment(ref written);
            }
        })).ToArray();
        await UntilAsync(() => Volatile.Read(ref written) > 20);
        var before = Volatile.Read(ref written);
        var (file, manifest) = await BackupFiles.WriteAsync(busy);
        await UntilAsync(() => Volatile.Read(ref written) > before);
        await done.CancelAsync();
        await Task.WhenAll(writers);

        var restored = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await BackupFiles.RestoreAsync(file, restored);
        var contents = await DatabaseContents.ReadAsync(restored);
        Assert.All(manifest.Tables, table => Assert.StartsWith($"{table.Rows} ", contents[table.Name], StringComparison.Ordinal));
        Assert.True(manifest.Tables.Single(table => table.Name == "annotations").Rows > 0);
        await using var source = NpgsqlDataSource.Create(restored);
        await using var wrong = source.CreateCommand(
            """
            SELECT (SELECT count(*) FROM annotations a WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.item_key = a.item_key))
                 + (SELECT count(*) FROM annotations a WHERE NOT EXISTS (SELECT 1 FROM labelers l WHERE l.labeler_key = a.labeler_key))
                 + (SELECT count(*) FROM annotations a WHERE a.revision - 1 <> (
                        SELECT count(*) FROM annotation_history h WHERE h.item_key = a.item_key AND h.labeler_key = a.labeler_key))
                 + abs((SELECT count(*) FROM annotations WHERE class_index IS NOT NULL) - (SELECT sum(annotations) FROM dataset_usage))
                 + abs((SELECT count(*) FROM items) - (SELECT sum(items) FROM dataset_usage))
                 + abs((SELECT count(*) FROM labelers) - (SELECT sum(labelers) FROM dataset_usage))
            """);
        Assert.Equal(0m, Convert.ToDecimal(await wrong.ExecuteScalarAsync()));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
