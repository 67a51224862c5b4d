using Npgsql;

namespace LabelerService.Benchmarks.Ingest;

/// <summary>How PostgreSQL answers the reads that must stay fast on a large table: its plans with times and pages, and the table's size.</summary>
internal static class PlanReport
{
    private static readonly (string Name, string Query)[] Queries =
    [
        ("annotations_of_an_item", "SELECT * FROM annotations WHERE dataset_id = $1 AND item_key = (SELECT max(item_key) - 7 FROM items WHERE dataset_id = $1)"),
        ("page_of_a_labeler",
            "SELECT * FROM annotations WHERE dataset_id = $1 AND labeler_key = (SELECT max(labeler_key) FROM labelers WHERE dataset_id = $1) ORDER BY item_key LIMIT 1000"),
        ("next_page_of_a_dataset",
            "SELECT * FROM annotations WHERE dataset_id = $1 AND (item_key, labeler_key) > ((SELECT max(item_key) - 1000 FROM items WHERE dataset_id = $1), 0) ORDER BY item_key, labeler_key LIMIT 1000"),
        ("snapshot", "SELECT item_key, labeler_key, class_index FROM annotations WHERE dataset_id = $1 AND class_index IS NOT NULL ORDER BY item_key, labeler_key"),
    ];

    public static async Task<Dictionary<string, object>> ReadAsync(NpgsqlDataSource database, string dataset, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using (var analyse = new NpgsqlCommand("VACUUM (ANALYZE) annotations", connection) { CommandTimeout = 0 })
        {
            await analyse.ExecuteNonQueryAsync(cancel);
        }

        await using var find = new NpgsqlCommand("SELECT dataset_id FROM datasets WHERE id = $1", connection) { Parameters = { new() { Value = dataset } } };
        var key = (long)(await find.ExecuteScalarAsync(cancel))!;
        var report = new Dictionary<string, object>();
        foreach (var (name, query) in Queries)
        {
            await using var explain = new NpgsqlCommand($"EXPLAIN (ANALYZE, BUFFERS) {query}", connection)
            {
                CommandTimeout = 0,
                Parameters = { new() { Value = key } },
            };
            var lines = new List<string>();
            await using var reader = await explain.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                lines.Add(reader.GetString(0));
            }

            report[name] = lines;
        }

        await using var size = new NpgsqlCommand(
            "SELECT pg_table_size('annotations') >> 20, pg_indexes_size('annotations') >> 20", connection);
        await using var sizes = await size.ExecuteReaderAsync(cancel);
        await sizes.ReadAsync(cancel);
        report["table_mib"] = sizes.GetInt64(0);
        report["indexes_mib"] = sizes.GetInt64(1);
        return report;
    }
}
