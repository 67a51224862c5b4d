using System.Data;
using LabelerService.Storage.Database;
using NpgsqlTypes;

namespace LabelerService.Storage.Audit;

/// <summary>
/// The audit log: a chain in which each event holds the hash of the one before. The database refuses to change or delete events; the chain
/// discovers whoever makes it do so nevertheless, and a head that was noted elsewhere whoever computes the chain anew.
/// </summary>
public sealed class AuditStore
{
    /// <summary>Actor of what is done beside the service, by whoever has the database.</summary>
    public const string Operator = "operator";

    /// <summary>Outcome of an event that is written before anything is done.</summary>
    public const string Begun = "BEGUN";

    /// <summary>Outcome of what was done.</summary>
    public const string Done = "OK";

    private readonly Db _db;

    internal AuditStore(Db db) => _db = db;

    /// <summary>Appends events, in their order and all or none.</summary>
    /// <returns>The last one, whose hash is the head.</returns>
    public Task<AuditRecord> AppendAsync(IReadOnlyList<AuditWrite> events, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfZero(events.Count);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                AuditRecord? last = null;
                foreach (var write in events)
                {
                    last = await AuditChain.AppendAsync(connection, write, token);
                }

                return last!;
            },
            cancel);
    }

    /// <summary>Appends an event where the database can take one: not before it has the migration, nor on a replica.</summary>
    public Task<bool> AppendIfPossibleAsync(AuditWrite write, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            var possible = await Sql.Command(connection, "SELECT to_regclass('audit_log') IS NOT NULL AND NOT pg_is_in_recovery()").ScalarAsync<bool>(token);
            if (possible)
            {
                await AuditChain.AppendAsync(connection, write, token);
            }

            return possible;
        },
        cancel);

    /// <summary>Lists events in the order they were written.</summary>
    /// <param name="after">Number of the last event already seen; 0 starts at the beginning.</param>
    /// <param name="since">Only events of this time or later; null for all.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<AuditRecord>> ListAsync(long after, DateTimeOffset? since, int limit, CancellationToken cancel) => await _db.RunAsync(
        (connection, token) => Sql.Command(
            connection,
            $"""
            SELECT {AuditChain.Columns} FROM audit_log WHERE sequence > $1 AND ($2::timestamptz IS NULL OR time >= $2) ORDER BY sequence LIMIT $3
            """,
            after, Sql.Typed(since?.UtcDateTime, NpgsqlDbType.TimestampTz), limit).ListAsync(AuditChain.Read, token),
        cancel);

    /// <summary>Reads the whole chain, as of one moment and without keeping it in memory, and computes it anew.</summary>
    /// <param name="noted">A head that was noted earlier, 32 bytes; null for none.</param>
    /// <param name="cancel">Cancels.</param>
    public Task<AuditVerification> VerifyAsync(byte[]? noted, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            var verifier = new AuditVerifier(noted);
            var head = await AuditChain.HeadAsync(connection, token);
            await using var command = Sql.Command(connection, $"SELECT {AuditChain.Columns} FROM audit_log ORDER BY sequence");
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token))
            {
                verifier.Add(AuditChain.Read(reader));
            }

            return verifier.Finish(head);
        },
        cancel, IsolationLevel.RepeatableRead);
}
