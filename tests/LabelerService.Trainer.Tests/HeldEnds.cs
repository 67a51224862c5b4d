using Npgsql;

namespace LabelerService.Trainer.Tests;

/// <summary>While this is there no run of a database succeeds: whoever publishes one waits. For trainers that are to be killed before.</summary>
internal sealed class HeldEnds : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;

    private HeldEnds(NpgsqlDataSource source, NpgsqlConnection connection) => (_source, _connection) = (source, connection);

    public static async Task<HeldEnds> StartAsync(string connectionString)
    {
        var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        var connection = await source.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT pg_advisory_lock(4711);
            CREATE OR REPLACE FUNCTION wait_to_end() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END';
            CREATE OR REPLACE TRIGGER held BEFORE UPDATE ON training_runs FOR EACH ROW
                WHEN (NEW.state = 3 AND OLD.state <> 3) EXECUTE FUNCTION wait_to_end();
            """;
        await command.ExecuteNonQueryAsync();
        return new HeldEnds(source, connection);
    }

    public async ValueTask DisposeAsync()
    {
        // The lock goes with its session.
        await _connection.DisposeAsync();
        await _source.DisposeAsync();
    }
}
