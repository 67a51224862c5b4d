using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>Holds a dataset's exclusive lock, as a deletion does: every writer waits until it is let go.</summary>
internal sealed class DatasetHold : IAsyncDisposable
{
    private readonly PostgresFixture _database;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private DatasetHold(PostgresFixture database, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _database = database;
        _connection = connection;
        _transaction = transaction;
    }

    public static async Task<DatasetHold> TakeAsync(PostgresFixture database, DatasetRecord dataset)
    {
        var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await DatasetLock.ExcludeAsync(connection, dataset, default);
        return new DatasetHold(database, connection, transaction);
    }

    /// <summary>Deletes an item with its annotations, and lets the dataset go.</summary>
    public async Task DeleteItemAsync(DatasetRecord dataset, string itemId)
    {
        await using var delete = new NpgsqlCommand(
            """
            WITH gone AS (DELETE FROM items WHERE dataset_id = $1 AND external_id = $2 RETURNING item_key)
            DELETE FROM annotations a USING gone WHERE a.dataset_id = $1 AND a.item_key = gone.item_key
            """,
            _connection)
        {
            Parameters = { new() { Value = dataset.Key }, new() { Value = itemId } },
        };
        var annotations = await delete.ExecuteNonQueryAsync();
        await DatasetLock.RetireKeysAsync(_connection, dataset, default);
        await DatasetUsage.AddAsync(_connection, dataset, new UsageChange(Annotations: -annotations), default);
        await _transaction.CommitAsync();
    }

    /// <summary>Has every lane of this dataset wait for the lock, each with one annotation by <c>l0</c>; what comes now stays in the queue.</summary>
    public async Task<Task<AnnotationWriteResult>[]> TakeLanesAsync(AnnotationStore store, DatasetRecord dataset, params string[] items)
    {
        var lanes = new Task<AnnotationWriteResult>[items.Length];
        for (var lane = 0; lane < items.Length; lane++)
        {
            lanes[lane] = store.WriteAsync(dataset, [new AnnotationWrite(items[lane], "l0", 0)], UnknownLabelers.Reject, null, default);
            await UntilWaitingAsync(lane + 1);
        }

        return lanes;
    }

    /// <summary>Waits until so many sessions wait for this lock.</summary>
    public async Task UntilWaitingAsync(int sessions)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        // Not in this transaction: there the first look at the sessions would be the last.
        await using var command = _database.Get<NpgsqlDataSource>().CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        while ((long)(await command.ExecuteScalarAsync(limit.Token))! < sessions)
        {
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
