using LabelerService.Storage.Datasets;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests;

/// <summary>The counters of a dataset against its tables.</summary>
internal static class Usage
{
    /// <summary>Counters of annotations and labelers equal what the tables hold.</summary>
    public static async Task AgreesAsync(PostgresFixture database, DatasetRecord dataset)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(
            """
            SELECT coalesce(sum(annotations), 0)::bigint, coalesce(sum(labelers), 0)::bigint,
                (SELECT count(*) FROM annotations WHERE dataset_id = $1 AND class_index IS NOT NULL),
                (SELECT count(*) FROM labelers WHERE dataset_id = $1)
            FROM dataset_usage WHERE dataset_id = $1
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = dataset.Key });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Assert.Equal((reader.GetInt64(2), reader.GetInt64(3)), (reader.GetInt64(0), reader.GetInt64(1)));
    }
}
