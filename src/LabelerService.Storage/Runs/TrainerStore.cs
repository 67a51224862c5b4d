using LabelerService.Storage.Database;
using NpgsqlTypes;

namespace LabelerService.Storage.Runs;

/// <summary>A trainer's sign of life.</summary>
/// <param name="Id">One for each start of the process.</param>
/// <param name="Name">Its name in the queue, for people.</param>
/// <param name="Slots">Runs it takes at once.</param>
/// <param name="CodeVersion">Version of its code.</param>
public sealed record TrainerSign(Guid Id, string Name, int Slots, string CodeVersion);

/// <summary>A trainer that gives signs of life, or did within the last day.</summary>
/// <param name="Id">One for each start of the process.</param>
/// <param name="Name">Its name in the queue.</param>
/// <param name="Slots">Runs it takes at once.</param>
/// <param name="Busy">Runs whose lease carries its name and is not lapsed.</param>
/// <param name="Alive">Whether its last sign of life still counts.</param>
/// <param name="CodeVersion">Version of its code.</param>
/// <param name="StartTime">When it came (database clock).</param>
/// <param name="LastSeen">Its last sign of life (database clock).</param>
public sealed record TrainerRecord(
    Guid Id, string Name, int Slots, int Busy, bool Alive, string CodeVersion, DateTimeOffset StartTime, DateTimeOffset LastSeen);

/// <summary>Which trainers there are. Leases of runs do not depend on it: this only tells people, and guesses, how many runs go on at once.</summary>
public sealed class TrainerStore
{
    private const int MaxCodeVersionBytes = 256;

    private readonly Db _db;

    internal TrainerStore(Db db) => _db = db;

    /// <summary>Takes a sign of life, which counts for a while; trainers that died a day ago are forgotten.</summary>
    /// <param name="sign">The trainer.</param>
    /// <param name="lifetime">How long the sign counts; three times the time between signs or more.</param>
    /// <param name="cancel">Cancels.</param>
    public Task BeatAsync(TrainerSign sign, TimeSpan lifetime, CancellationToken cancel)
    {
        TextRules.CheckText("trainer", sign.Name, TextRules.MaxExternalIdBytes);
        TextRules.CheckText("code_version", sign.CodeVersion, MaxCodeVersionBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sign.Slots);
        return _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                WITH forgotten AS (DELETE FROM trainers WHERE last_seen < clock_timestamp() - interval '1 day' AND trainer_id <> $1)
                INSERT INTO trainers (trainer_id, name, slots, code_version, last_seen, expires_at)
                VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp() + $5)
                ON CONFLICT (trainer_id) DO UPDATE SET slots = excluded.slots, last_seen = excluded.last_seen, expires_at = excluded.expires_at
                """,
                sign.Id, sign.Name, sign.Slots, sign.CodeVersion, lifetime).ExecuteAsync(token),
            cancel);
    }

    /// <summary>Takes a trainer off the list, as one does that stops.</summary>
    public Task LeaveAsync(Guid id, CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) => Sql.Command(connection, "DELETE FROM trainers WHERE trainer_id = $1", id).ExecuteAsync(token), cancel);

    /// <summary>Lists trainers, longest running first.</summary>
    /// <param name="after">Start and id of the last one already seen; null starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<TrainerRecord>> ListAsync((DateTimeOffset Start, Guid Id)? after, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                WITH busy AS (
                    SELECT r.lease_owner, count(*)::integer AS runs FROM training_runs r
                    WHERE r.state IN (1, 2) AND r.state = {(int)RunState.Running} AND r.lease_expires_at >= clock_timestamp() GROUP BY r.lease_owner
                )
                SELECT t.trainer_id, t.name, t.slots, coalesce(b.runs, 0), t.expires_at >= clock_timestamp(), t.code_version, t.start_time, t.last_seen
                FROM trainers t LEFT JOIN busy b ON b.lease_owner = t.name
                WHERE $1::timestamptz IS NULL OR (t.start_time, t.trainer_id) > ($1, $2)
                ORDER BY t.start_time, t.trainer_id LIMIT $3
                """,
                Sql.Typed(after?.Start, NpgsqlDbType.TimestampTz), Sql.Typed(after?.Id, NpgsqlDbType.Uuid), limit)
                .ListAsync(
                    row => new TrainerRecord(
                        row.GetGuid(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3), row.GetBoolean(4), row.GetString(5),
                        row.GetFieldValue<DateTimeOffset>(6), row.GetFieldValue<DateTimeOffset>(7)),
                    token),
            cancel);
}
