using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Benchmarks.Ingest;

/// <summary>The peer: PostgreSQL's own binary COPY of the same rows into the same tables, keys already known, nothing checked.</summary>
internal sealed class RawCopy(NpgsqlDataSource database)
{
    /// <summary>Copies rows with the given numbers; one statement, one transaction a connection.</summary>
    /// <param name="dataset">Id of a prepared dataset.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="connections">Connections, each with its part of the rows.</param>
    /// <param name="full">Whether rows carry confidence, duration and time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>Seconds from the first byte to the last commit.</returns>
    public async Task<double> AnnotationsAsync(
        string dataset, AnnotationRows rows, int connections, bool full, TimeProvider time, CancellationToken cancel)
    {
        var key = await DatasetKeyAsync(dataset, cancel);
        var items = await KeysAsync("SELECT item_key FROM items WHERE dataset_id = $1 ORDER BY external_id", key, cancel);
        var labelers = await KeysAsync("SELECT labeler_key FROM labelers WHERE dataset_id = $1 ORDER BY external_id", key, cancel);
        var start = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(part => Task.Run(
            () => CopyPartAsync(key, items, labelers, rows, part, connections, full, time, cancel), cancel)));
        return time.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Copies items of packed features; one statement.</summary>
    /// <returns>Seconds from the first byte to the commit.</returns>
    public async Task<double> ItemsAsync(string dataset, int count, byte[] features, TimeProvider time, CancellationToken cancel)
    {
        var key = await DatasetKeyAsync(dataset, cancel);
        var start = time.GetTimestamp();
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            await using var copy = await connection.BeginBinaryImportAsync(
                "COPY items (dataset_id, external_id, split, feature_encoding, features) FROM STDIN (FORMAT BINARY)", cancel);
            for (var i = 0; i < count; i++)
            {
                await copy.StartRowAsync(cancel);
                await copy.WriteAsync(key, NpgsqlDbType.Bigint, cancel);
                await copy.WriteAsync(AnnotationRows.ItemId(i), NpgsqlDbType.Text, cancel);
                await copy.WriteAsync((short)1, NpgsqlDbType.Smallint, cancel);
                await copy.WriteAsync((short)1, NpgsqlDbType.Smallint, cancel);
                await copy.WriteAsync(features, NpgsqlDbType.Bytea, cancel);
            }

            await copy.CompleteAsync(cancel);
        }

        return time.GetElapsedTime(start).TotalSeconds;
    }

    private async Task CopyPartAsync(
        long dataset, long[] items, long[] labelers, AnnotationRows rows, int part, int parts, bool full, TimeProvider time,
        CancellationToken cancel)
    {
        var now = time.GetUtcNow().UtcDateTime;
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY annotations (dataset_id, item_key, labeler_key, class_index, revision, received_at"
            + (full ? ", confidence, duration_ms, annotated_at" : "") + ") FROM STDIN (FORMAT BINARY)", cancel);
        for (long number = part; number < rows.Count; number += parts)
        {
            var (item, labeler, classIndex) = rows[number];
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(dataset, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(items[item], NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(labelers[labeler], NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync((short)classIndex, NpgsqlDbType.Smallint, cancel);
            await copy.WriteAsync(1, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, cancel);
            if (full)
            {
                await copy.WriteAsync(0.75f, NpgsqlDbType.Real, cancel);
                await copy.WriteAsync(1_500, NpgsqlDbType.Integer, cancel);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, cancel);
            }
        }

        await copy.CompleteAsync(cancel);
    }

    private async Task<long> DatasetKeyAsync(string dataset, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("SELECT dataset_id FROM datasets WHERE id = $1");
        command.Parameters.AddWithValue(dataset);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<long[]> KeysAsync(string query, long dataset, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"SELECT array_agg(k) FROM ({query}) AS t(k)");
        command.Parameters.AddWithValue(dataset);
        return (long[])(await command.ExecuteScalarAsync(cancel))!;
    }
}
