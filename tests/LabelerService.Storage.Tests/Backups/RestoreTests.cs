using LabelerService.Core.Access;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Insight;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.LabelStudio;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Secrets;
using LabelerService.Storage.Security;
using LabelerService.Storage.Tests.Models;
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
        var dataset = await FillAsync();
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
        Assert.Equal(await ExportAsync(database.Services, dataset), await ExportAsync(storage, dataset));
        await GoesOnAsync(storage, dataset);
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

    private async Task<DatasetRecord> FillAsync()
    {
        var dataset = await Some.DatasetAsync(database, items: 30, labelers: 4);
        await database.Get<ItemStore>().UpsertAsync(
            dataset, [.. Some.HostileTexts.Select((id, i) => Some.Item(id, gold: i % 3, features: [i, float.MaxValue]))], Some.Request(), default);
        var annotations = database.Get<AnnotationStore>();
        for (var round = 0; round < 3; round++)
        {
            await annotations.WriteAsync(
                dataset, [.. Enumerable.Range(0, 30).Select(i => Some.Annotation(i, i % 4, (i + round) % 3))], UnknownLabelers.Reject, null, default);
        }

        await annotations.RetractAsync(dataset, "i3", "l3", null, default);
        await new PublishedVersions(database).PublishAsync(dataset, new ModelFiles([1, 2, 3], [4], [5, 6], null));
        await database.Get<RunStore>().CreateAsync(dataset, Some.Run("waiting"), null, default);
        await database.Get<SecretStore>().GetOrCreateAsync("a-secret", 32, default);
        await database.Get<ApiKeyStore>().CreateAsync(
            new ApiKeyWrite("key", new byte[32], Role.Labeler, [dataset.Id], "l0", "of l0", DateTimeOffset.UnixEpoch), default);
        await database.Get<StudioAnnotationStore>().TakeAsync(
            dataset, "studio", [new StudioAnnotation(7, "i0", "l1", 1, 900, DateTimeOffset.UnixEpoch)], default);
        return dataset;
    }

    private static async Task<List<string>> ExportAsync(IServiceProvider storage, DatasetRecord dataset)
    {
        var lines = new List<string>();
        var annotations = storage.GetRequiredService<AnnotationStore>();
        await annotations.ExportAsync(
            dataset, showRetracted: true,
            (annotation, _) =>
            {
                lines.Add(annotation.ToString());
                return ValueTask.CompletedTask;
            },
            default);
        await storage.GetRequiredService<ItemStore>().ExportAsync(
            dataset, new ItemExport(null, true, true),
            (item, _) =>
            {
                lines.Add($"{item.Item} {Convert.ToHexString(item.Features ?? [])}");
                return Task.CompletedTask;
            },
            default);
        lines.AddRange((await storage.GetRequiredService<LabelerStore>().ListAsync(dataset, 0, 100, default)).Select(labeler => labeler.LabelerId));
        lines.AddRange((await annotations.HistoryAsync(dataset, "i3", "l3", default)).Select(revision => revision.ToString()));
        return lines;
    }

    /// <summary>New keys do not meet old ones, counters go on, and what is written now is found as a change of what was read before.</summary>
    private static async Task GoesOnAsync(IServiceProvider storage, DatasetRecord dataset)
    {
        var reader = storage.GetRequiredService<InsightReader>();
        var read = await reader.ReadAsync(dataset, null, 1_000, null, default);
        await storage.GetRequiredService<ItemStore>().UpsertAsync(dataset, [Some.Item("new")], null, default);
        await storage.GetRequiredService<AnnotationStore>().WriteAsync(
            dataset, [new AnnotationWrite("new", "newcomer", 1), new AnnotationWrite("i3", "l3", 2)], UnknownLabelers.Register, null, default);
        Assert.Equal(5, (await storage.GetRequiredService<LabelerStore>().ListAsync(dataset, 0, 100, default)).Count);
        var next = await reader.ReadAsync(dataset, read.Data, 1_000, null, default);
        Assert.Equal((InsightReadKind.Incremental, 2L), (next.Kind, next.RowsRead));
        var run = await storage.GetRequiredService<RunStore>().TryClaimAsync("t", TimeSpan.FromMinutes(1), default);
        Assert.Equal("waiting", run!.Run.RunId);
        var version = await storage.GetRequiredService<RunStore>().PublishAsync(run, [9], Some.Manifest(), default);
        Assert.Equal(2, version.Version);
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
