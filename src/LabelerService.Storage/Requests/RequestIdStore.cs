using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Requests;

/// <summary>Keeps the table of request ids small.</summary>
public sealed class RequestIdStore
{
    private readonly Db _db;

    internal RequestIdStore(Db db) => _db = db;

    /// <summary>Forgets request ids older than the given age (database clock). A later repetition is a new request.</summary>
    /// <returns>How many were forgotten.</returns>
    public Task<int> PruneAsync(TimeSpan age, CancellationToken cancel) =>
        _db.RunAsync(
            async (connection, token) =>
            {
                await using var command = new NpgsqlCommand("DELETE FROM request_ids WHERE create_time < now() - $1", connection)
                {
                    Parameters = { new() { Value = age } },
                };
                return await command.ExecuteNonQueryAsync(token);
            },
            cancel);
}
