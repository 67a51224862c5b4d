using System.Diagnostics;
using System.Globalization;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Insight;
using LabelerService.TestKit.Postgres;
using Npgsql;
using Xunit.Abstractions;

namespace LabelerService.Storage.Tests.Insight;

/// <summary>
/// Reading what came since, where there is much that did not. <c>LABELER_INSIGHT_ROWS=1000000</c> is the long form, which prints times and
/// the plan: what docs/designs/insight.md says.
/// </summary>
public sealed class InsightScaleTests(PostgresFixture database, ITestOutputHelper output) : IClassFixture<PostgresFixture>
{
    private const int Labelers = 200;
    private const int PerItem = 5;

    private static readonly int Rows =
        int.TryParse(Environment.GetEnvironmentVariable("LABELER_INSIGHT_ROWS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rows) ? rows : 20_000;

    [Fact]
    public async Task A_small_change_of_a_large_dataset_is_read_alone()
    {
        var dataset = await FillAsync();
        var reader = database.Get<InsightReader>();
        var full = await TimeAsync("all", () => reader.ReadAsync(dataset, null, long.MaxValue, null, default));
        Assert.Equal(Rows, full.Data.Table.Count);
        var data = full.Data;
        foreach (var changes in new[] { 100, 1_000, Rows / 8 })
        {
            var random = new Random(changes);
            foreach (var batch in Enumerable.Range(0, changes).Chunk(1_000))
            {
                await database.Get<AnnotationStore>().WriteAsync(
                    dataset, [.. batch.Select(i => new AnnotationWrite($"i{random.Next(Rows / PerItem)}", $"new {changes} {i}", 0))], UnknownLabelers.Register, null, default);
            }

            var read = await TimeAsync($"{changes} new ones", () => reader.ReadAsync(dataset, data, long.MaxValue, null, default));
            Assert.Equal(InsightReadKind.Incremental, read.Kind);
            Assert.Equal(changes, read.RowsRead);
            Assert.Equal(data.Table.Count + changes, read.Data.Table.Count);
            data = read.Data;
        }

        await TimeAsync("nothing new", () => reader.ReadAsync(dataset, data, long.MaxValue, null, default));
        await TimeAsync("state", () => reader.StateAsync(dataset, default));
    }

    private async Task<T> TimeAsync<T>(string what, Func<Task<T>> work)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await work();
        output.WriteLine($"{what}: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        return result;
    }

    /// <summary>A dataset with so many annotations, scattered over labelers, as if they had come an hour ago; by SQL, because there may be millions.</summary>
    private async Task<DatasetRecord> FillAsync()
    {
        var dataset = await Some.DatasetAsync(database);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in (string[])
        [
            $"INSERT INTO items (dataset_id, external_id, split, feature_encoding, update_time) SELECT {dataset.Key}, 'i' || i, 1, 1, now() - interval '1 hour' FROM generate_series(0, {(Rows / PerItem) - 1}) i",
            $"INSERT INTO labelers (dataset_id, external_id) SELECT {dataset.Key}, 'l' || r FROM generate_series(0, {Labelers - 1}) r",
            $"""
            INSERT INTO annotations (dataset_id, item_key, labeler_key, class_index, received_at)
            SELECT {dataset.Key}, i.item_key, l.labeler_key, (i.item_key + r) % 3, now() - interval '1 hour'
            FROM (SELECT item_key, row_number() OVER (ORDER BY item_key) AS n FROM items WHERE dataset_id = {dataset.Key}) i
            CROSS JOIN generate_series(0, {PerItem - 1}) r
            JOIN (SELECT labeler_key, row_number() OVER (ORDER BY labeler_key) - 1 AS n FROM labelers WHERE dataset_id = {dataset.Key}) l
                ON l.n = (i.n * 7 + r * 31) % {Labelers}
            """,
            $"SELECT add_dataset_usage({dataset.Key}, {Rows / PerItem}, {Rows}, {Labelers}, 0, {Rows}, {Rows / PerItem})",
            "VACUUM ANALYZE annotations",
            "VACUUM ANALYZE items",
        ])
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 600 };
            await command.ExecuteNonQueryAsync();
        }

        return dataset;
    }
}
