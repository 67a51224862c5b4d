using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Audit;

/// <summary>
/// Appends to the chain within a transaction. Whoever appends holds the head until the transaction ends, so that any number of servers write
/// one chain: append last, and commit.
/// </summary>
internal static class AuditChain
{
    /// <summary>The columns in the order of <see cref="Read"/>.</summary>
    public const string Columns =
        "sequence, time, actor, role, method, resource, outcome, begun, count, request_digest, previous_hash, hash";

    private const int LongestText = 512;

    /// <summary>Appends an event.</summary>
    public static async Task<AuditRecord> AppendAsync(NpgsqlConnection connection, AuditWrite write, CancellationToken cancel)
    {
        var (head, time) = await TakeHeadAsync(connection, cancel);
        var row = new AuditRecord
        {
            Sequence = head.Sequence + 1,
            Time = time,
            Actor = Clean(write.Actor),
            Role = write.Role,
            Method = Clean(write.Method),
            Resource = Clean(write.Resource),
            Outcome = Clean(write.Outcome),
            Begun = write.Begun,
            Count = write.Count,
            RequestDigest = write.RequestDigest,
            PreviousHash = head.Hash,
            Hash = [],
        };
        row = row with { Hash = AuditHash.Of(row) };
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.BatchCommand(
            $"INSERT INTO audit_log ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", row.Sequence, row.Time.UtcDateTime, row.Actor,
            Sql.Typed((short?)row.Role, NpgsqlDbType.Smallint), row.Method, row.Resource, row.Outcome, row.Begun, row.Count, row.RequestDigest,
            row.PreviousHash, row.Hash));
        batch.BatchCommands.Add(Sql.BatchCommand("UPDATE audit_head SET sequence = $1, hash = $2", row.Sequence, row.Hash));
        try
        {
            await batch.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Damaged();
        }

        return row;
    }

    /// <summary>Reads an event.</summary>
    public static AuditRecord Read(NpgsqlDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        Time = row.GetFieldValue<DateTimeOffset>(1),
        Actor = row.GetString(2),
        Role = (Role?)row.Maybe<short>(3),
        Method = row.GetString(4),
        Resource = row.GetString(5),
        Outcome = row.GetString(6),
        Begun = row.GetInt64(7),
        Count = row.GetInt32(8),
        RequestDigest = row.GetFieldValue<byte[]>(9),
        PreviousHash = row.GetFieldValue<byte[]>(10),
        Hash = row.GetFieldValue<byte[]>(11),
    };

    /// <summary>The head; null where it was taken out.</summary>
    public static async Task<AuditHead?> HeadAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        (await Sql.Command(connection, "SELECT sequence, hash FROM audit_head").ListAsync(ReadHead, cancel)).SingleOrDefault();

    // The time is asked for once the head is there: whoever waited for it comes later than the one before.
    private static async Task<(AuditHead Head, DateTimeOffset Time)> TakeHeadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.BatchCommand("SELECT sequence, hash FROM audit_head FOR UPDATE"));
        batch.BatchCommands.Add(Sql.BatchCommand("SELECT clock_timestamp()"));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            throw Damaged();
        }

        var head = ReadHead(reader);
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        return (head, reader.GetFieldValue<DateTimeOffset>(0));
    }

    // What cannot be written down is not done: who could stop the log could else do anything.
    private static ServiceException Damaged() => new(
        ErrorKind.FailedPrecondition, "AUDIT_LOG_DAMAGED",
        "Somebody with rights on the database has tampered with the audit log, and it takes no events: what it would have to hold is refused. "
        + "See what was done with `labeler audit verify`, keep a backup as evidence, and restore the two audit tables from the last good one.");

    private static AuditHead ReadHead(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetFieldValue<byte[]>(1));

    // A token's subject is whatever its issuer writes; what cannot be stored as it is would not hash as it was stored.
    private static string Clean(string text) => string.Create(
        Math.Min(text.Length, LongestText), text,
        (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? '?' : from[i];
            }
        });
}
