using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

/// <summary>
/// What is read of a dataset that came after the planner's last look at the tables: as many rows as it has, not their square. Autovacuum
/// looks again only after a tenth of a table has changed.
/// </summary>
public sealed class NewDatasetPlanTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Items = 3000;

    [Fact]
    public async Task A_dataset_that_came_after_the_last_analysis_is_read_in_as_many_rows_as_it_has()
    {
        await Some.DatasetAsync(database, items: 20_000, labelers: 1);
        await ExecuteAsync("INSERT INTO labelers (dataset_id, external_id, labeler_key) SELECT dataset_id, 'more-' || n, 1000000 + n FROM datasets, generate_series(1, 5) n");
        await ExecuteAsync(
            "INSERT INTO annotations (dataset_id, item_key, labeler_key, class_index, revision, received_at) "
            + "SELECT i.dataset_id, i.item_key, l.labeler_key, 1, 1, now() FROM items i JOIN labelers l USING (dataset_id)");
        await ExecuteAsync("ANALYZE");
        var dataset = await Some.DatasetAsync(database, Items, labelers: 1);
        await database.Get<AnnotationStore>().WriteAsync(
            dataset, [.. Enumerable.Range(0, Items).Select(i => Some.Annotation(i, 0, i % 3))], UnknownLabelers.Reject, null, default);

        var before = await RowsReadAsync();
        await using (var storage = PostgresFixture.Storage(database.ConnectionString + ";Application Name=plans"))
        {
            var exported = await storage.GetRequiredService<AnnotationStore>().ExportAsync(dataset, false, (_, _) => ValueTask.CompletedTask, default);
            Assert.Equal(Items, exported);
            var gold = await storage.GetRequiredService<GoldStore>().SetAsync(
                dataset, [.. Enumerable.Range(0, Items).Select(i => new GoldWrite($"i{i}", 1))], null, default);
            Assert.Equal(Items, gold.Changed);
        }

        // Statistics are complete when the connections have ended.
        while (await ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'plans'") > 0)
        {
            await Task.Delay(20);
        }

        // Each statement reads each row a few times; nested, 3,000 rows would be read 3,000 times each.
        Assert.InRange(await RowsReadAsync() - before, 2 * Items, 100 * Items);
    }

    private Task<long> RowsReadAsync() => ScalarAsync(
        """
        SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::bigint FROM pg_stat_user_tables LEFT JOIN pg_inherits i ON i.inhrelid = relid
        WHERE coalesce(i.inhparent::regclass::text, relname) IN ('items', 'annotations')
        """);

    private async Task<long> ScalarAsync(string sql)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
