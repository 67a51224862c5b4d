using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.Partitions;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

/// <summary>
/// The main statements never read a whole table of thousands of rows: PostgreSQL's own counters of sequential scans say so, for the
/// statements as the stores send them.
/// </summary>
public sealed class QueryPlanTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Items = 5000;
    private const int Labelers = 2000;

    [Fact]
    public async Task The_main_statements_use_indexes()
    {
        // One connection, so that its counters are those of the statement just run.
        await using var storage = PostgresFixture.Storage(database.ConnectionString + ";Maximum Pool Size=1");
        T Get<T>()
            where T : notnull => storage.GetRequiredService<T>();
        var dataset = await Some.DatasetAsync(database, Items, Labelers, classes: 3);
        var other = await Some.DatasetAsync(database, Items, Labelers, classes: 3);
        var annotations = Get<AnnotationStore>();
        foreach (var target in (DatasetRecord[])[dataset, other])
        {
            await annotations.WriteAsync(
                target, [.. Enumerable.Range(0, 20_000).Select(i => Some.Annotation(i / 4, (i * 7) % Labelers, i % 3))], UnknownLabelers.Reject,
                null, default);
        }

        var runs = Get<RunStore>();
        await FillRunsAsync(dataset);
        await ExecuteAsync(storage, "ANALYZE");
        AnnotationWrite[] batch = [.. Enumerable.Range(0, 50).Select(i => Some.Annotation(i * 90, i * 35, 1))];
        RunLease? lease = null;
        var steps = new (string Name, Func<Task> Run)[]
        {
            ("write annotations", () => annotations.WriteAsync(dataset, batch, UnknownLabelers.Reject, null, default)),
            ("revise annotations", () => annotations.WriteAsync(
                dataset, [.. batch.Select(a => a with { ClassIndex = 2 })], UnknownLabelers.Reject, Some.Request(), default)),
            ("write and register", () => annotations.WriteAsync(dataset, [Some.Annotation(1, 9999, 1)], UnknownLabelers.Register, null, default)),
            ("retract", () => annotations.RetractAsync(dataset, "i0", "l0", null, default)),
            ("list annotations", () => annotations.ListAsync(dataset, new AnnotationFilter(), new AnnotationCursor(500, 0), 50, default)),
            ("list by item", () => annotations.ListAsync(dataset, new AnnotationFilter("i77"), default, 50, default)),
            ("list by labeler", () => annotations.ListAsync(dataset, new AnnotationFilter(LabelerId: "l77"), default, 50, default)),
            ("history", () => annotations.HistoryAsync(dataset, "i90", "l35", default)),
            ("upsert items", () => Get<ItemStore>().UpsertAsync(
                dataset, [.. Enumerable.Range(0, 50).Select(i => Some.Item($"i{i * 77}", features: [i, i]))], null, default)),
            ("get item", () => Get<ItemStore>().GetAsync(dataset, "i99", default)),
            ("get features", () => Get<ItemStore>().GetFeaturesAsync(dataset, ["i99", "i7"], default)),
            ("feature times", () => Get<ItemStore>().ReadFeatureTimesAsync(dataset, (long[])[3, 99], default)),
            ("list items to annotate", () => Get<ItemStore>().ListUnannotatedAsync(dataset, "l77", new ItemFilter(), 100, 50, default)),
            ("count annotated items", () => Get<ItemStore>().CountAnnotatedAsync(dataset, "l77", default)),
            ("list items", () => Get<ItemStore>().ListAsync(dataset, new ItemFilter(), 100, 50, default)),
            ("set gold", () => Get<GoldStore>().SetAsync(dataset, [new GoldWrite("i5", 1), new GoldWrite("i6", 2)], null, default)),
            ("register labelers", () => Get<LabelerStore>().RegisterAsync(dataset, [new LabelerWrite("new"), new LabelerWrite("l5")], null, default)),
            ("get labeler", () => Get<LabelerStore>().GetAsync(dataset, "l5", default)),
            ("list labelers", () => Get<LabelerStore>().ListAsync(dataset, 100, 20, default)),
            ("claim", async () => lease = await runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default)),
            ("heartbeat", () => runs.HeartbeatAsync(lease!, TimeSpan.FromMinutes(5), default)),
            ("progress", () => runs.AppendProgressAsync(lease!, new RunProgress("heads", 1, 2), default)),
            ("events", () => runs.EventsAfterAsync(dataset.Key, lease!.Run.RunId, 1, 10, default)),
            ("publish", () => runs.PublishAsync(lease!, new ModelFiles([1], [2], [3]), Some.Manifest(), default)),
            ("get run", () => runs.GetAsync(dataset, "done-77", default)),
            ("list runs", () => runs.ListAsync(dataset, null, "done-7", 10, default)),
        };
        foreach (var (name, run) in steps)
        {
            var before = await ScansAsync(storage);
            await run();
            var after = await ScansAsync(storage);
            Assert.Equal((name, ""), (name, string.Join(' ', after.Where(table => table.Value > before[table.Key]).Select(table => table.Key))));
        }

        // The counters do count: a statement that has no index to use is seen.
        var start = (await ScansAsync(storage))["items"];
        await ExecuteAsync(storage, "SELECT count(*) FROM items WHERE create_time < now()");
        var partitions = (await database.Get<TablePartitioning>().LookAsync(default)).Single(table => table.Name == "items").Partitions;
        Assert.Equal(start + Math.Max(1, partitions), (await ScansAsync(storage))["items"]);
    }

    private async Task FillRunsAsync(DatasetRecord dataset)
    {
        var runs = database.Get<RunStore>();
        await runs.CreateAsync(dataset, Some.Run("waits"), null, default);

        // History as the years leave it: thousands of runs that have ended.
        await using var fill = database.Get<NpgsqlDataSource>().CreateCommand(
            """
            INSERT INTO training_runs (dataset_id, run_id, uid, algorithm, model_id, seed, requested_settings, state, priority, attempt,
                cancel_requested, fencing_token, last_sequence)
            SELECT dataset_id, 'done-' || i, gen_random_uuid(), algorithm, model_id, seed, requested_settings, 3, priority, 1, false, 1, 1
            FROM training_runs, generate_series(1, 4000) i WHERE dataset_id = $1 AND run_id = 'waits'
            """);
        fill.Parameters.Add(new NpgsqlParameter { Value = dataset.Key });
        await fill.ExecuteNonQueryAsync();
    }

    private static async Task<Dictionary<string, long>> ScansAsync(ServiceProvider storage)
    {
        await using var connection = await storage.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using (var flush = new NpgsqlCommand("SELECT pg_stat_force_next_flush()", connection))
        {
            await flush.ExecuteNonQueryAsync();
        }

        await using var command = new NpgsqlCommand(
            """
            SELECT coalesce(i.inhparent::regclass::text, relname), sum(seq_scan)::bigint
            FROM pg_stat_user_tables LEFT JOIN pg_inherits i ON i.inhrelid = relid
            WHERE coalesce(i.inhparent::regclass::text, relname) IN ('items', 'annotations', 'labelers', 'training_runs') GROUP BY 1 ORDER BY 1
            """,
            connection);
        var scans = new Dictionary<string, long>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            scans.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return scans;
    }

    private static async Task ExecuteAsync(ServiceProvider storage, string sql)
    {
        await using var command = storage.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
