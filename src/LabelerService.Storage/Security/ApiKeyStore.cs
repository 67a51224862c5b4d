using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Audit;
using LabelerService.Storage.Database;
using LabelerService.Storage.Notifications;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Security;

/// <summary>
/// API keys. Writers take turns, so that numbers are committed in ascending order: the number of keys and the last number together tell
/// whether anything changed. Every change is announced to all replicas.
/// </summary>
public sealed class ApiKeyStore
{
    /// <summary>Most keys; every replica holds all of them in memory.</summary>
    public const int MaxKeys = 100_000;

    private const string Columns =
        "key_number, id, secret_hash, role, datasets, labeler_id, display_name, create_time, expire_time, last_use_time, "
        + "requests_per_second, request_burst, concurrent_calls, annotations_per_day, items_per_day";

    private const string WithToday =
        $"""
        SELECT {Columns}, coalesce(u.annotations, 0), coalesce(u.items, 0)
        FROM api_keys LEFT JOIN api_key_usage u ON u.key_id = id AND u.day = (now() AT TIME ZONE 'UTC')::date
        """;

    private const string TakeTurn = "LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE";

    private const string Insert =
        $"""
        INSERT INTO api_keys (
            id, secret_hash, role, datasets, labeler_id, display_name, expire_time, requests_per_second, request_burst, concurrent_calls,
            annotations_per_day, items_per_day)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING RETURNING {Columns}
        """;

    private readonly Db _db;

    internal ApiKeyStore(Db db) => _db = db;

    /// <summary>Stores a key.</summary>
    /// <exception cref="ServiceException">AlreadyExists: the id is taken. ResourceExhausted: there are <see cref="MaxKeys"/> keys.</exception>
    public Task<ApiKeyRecord> CreateAsync(ApiKeyWrite key, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            await Sql.Command(connection, TakeTurn).ExecuteAsync(token);
            return await InsertAsync(connection, key, token);
        },
        cancel);

    /// <summary>Stores a key if there is none at all. Of any number of servers that start at once, one does.</summary>
    /// <returns>Whether it was stored.</returns>
    public Task<bool> CreateFirstAsync(ApiKeyWrite key, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            await Sql.Command(connection, TakeTurn).ExecuteAsync(token);
            if (await Sql.Command(connection, "SELECT EXISTS (SELECT 1 FROM api_keys)").ScalarAsync<bool>(token))
            {
                return false;
            }

            await InsertAsync(connection, key, token);
            await AuditChain.AppendAsync(connection, ByOperator("first-key", key), token);
            return true;
        },
        cancel);

    /// <summary>Stores a key for an operator who has the database and no key any more; the audit log says so.</summary>
    /// <exception cref="ServiceException">As <see cref="CreateAsync"/>.</exception>
    public Task<ApiKeyRecord> CreateForOperatorAsync(ApiKeyWrite key, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            await Sql.Command(connection, TakeTurn).ExecuteAsync(token);
            var record = await InsertAsync(connection, key, token);
            await AuditChain.AppendAsync(connection, ByOperator("reset-admin-key", key), token);
            return record;
        },
        cancel);

    /// <summary>Finds a key; null if there is none.</summary>
    public async Task<ApiKeyRecord?> FindAsync(string id, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(connection, $"{WithToday} WHERE id = $1", id).ListAsync(ReadWithToday, token), cancel);
        return rows.Count == 1 ? rows[0] : null;
    }

    /// <summary>Lists keys in order of creation.</summary>
    /// <param name="afterNumber">Number of the last key already seen; 0 starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<ApiKeyRecord>> ListAsync(long afterNumber, int limit, CancellationToken cancel) => await _db.RunAsync(
        (connection, token) => Sql.Command(
            connection, $"{WithToday} WHERE key_number > $1 ORDER BY key_number LIMIT $2", afterNumber, limit).ListAsync(ReadWithToday, token),
        cancel);

    /// <summary>Reads all keys, unless they are still those of <paramref name="known"/>.</summary>
    /// <returns>The keys; <paramref name="known"/> itself if nothing changed.</returns>
    public Task<ApiKeySet> LoadAsync(ApiKeySet? known, CancellationToken cancel) => _db.RunAsync(
        async (connection, token) =>
        {
            if (known is not null)
            {
                var unchanged = await Sql.Command(
                    connection, "SELECT count(*) = $1 AND coalesce(max(key_number), 0) = $2 FROM api_keys", known.Count, known.LastNumber)
                    .ScalarAsync<bool>(token);
                if (unchanged)
                {
                    return known;
                }
            }

            var keys = await Sql.Command(connection, $"SELECT {Columns} FROM api_keys ORDER BY key_number").ListAsync(Read, token);
            return new ApiKeySet(keys.Count, keys.Count == 0 ? 0 : keys[^1].Number, keys);
        },
        cancel);

    /// <summary>Deletes a key.</summary>
    /// <exception cref="ServiceException">
    /// NotFound. FailedPrecondition (LAST_ADMIN_KEY): no other admin key that never expires is left, so that nobody could create keys any more.
    /// </exception>
    public Task DeleteAsync(string id, CancellationToken cancel) => _db.TransactAsync(
        async (connection, token) =>
        {
            await Sql.Command(connection, TakeTurn).ExecuteAsync(token);
            var deleted = await Sql.Command(connection, $"DELETE FROM api_keys WHERE id = $1 RETURNING {Columns}", id).ListAsync(Read, token);
            if (deleted.Count == 0)
            {
                throw ServiceException.NotFound("name", $"apiKeys/{id}");
            }

            if (deleted[0] is { Role: Role.Admin, ExpireTime: null } && !await Sql.Command(
                connection, "SELECT EXISTS (SELECT 1 FROM api_keys WHERE role = $1 AND expire_time IS NULL)", (short)Role.Admin).ScalarAsync<bool>(token))
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "LAST_ADMIN_KEY",
                    $"apiKeys/{id} is the last admin key that never expires. Create another one first.",
                    new FieldViolation("name", "is the last admin key that never expires"));
            }

            await AnnounceAsync(connection, token);
            return deleted[0];
        },
        cancel);

    /// <summary>Notes when keys were last used, in one statement. Keys that are gone are passed over; time never goes back.</summary>
    public Task TouchAsync(IReadOnlyDictionary<string, DateTimeOffset> uses, CancellationToken cancel) => _db.RunAsync(
        (connection, token) => Sql.Command(
            connection,
            """
            UPDATE api_keys k SET last_use_time = u.time FROM unnest($1::text[], $2::timestamptz[]) AS u(id, time)
            WHERE k.id = u.id AND (k.last_use_time IS NULL OR k.last_use_time < u.time)
            """,
            uses.Keys.ToArray(), uses.Values.Select(time => time.UtcDateTime).ToArray()).ExecuteAsync(token),
        cancel);

    /// <summary>Forgets what was stored with keys on days longer ago (database clock).</summary>
    public Task<int> PruneUsesAsync(TimeSpan age, CancellationToken cancel) => _db.RunAsync(
        (connection, token) => Sql.Command(
            connection, "DELETE FROM api_key_usage WHERE day < ((now() - $1) AT TIME ZONE 'UTC')::date", age).ExecuteAsync(token),
        cancel);

    private static async Task<ApiKeyRecord> InsertAsync(NpgsqlConnection connection, ApiKeyWrite key, CancellationToken cancel)
    {
        TextRules.CheckText("api_key.display_name", key.DisplayName, TextRules.MaxDisplayNameBytes);
        if (await Sql.Command(connection, "SELECT count(*) FROM api_keys").ScalarAsync<long>(cancel) >= MaxKeys)
        {
            throw new ServiceException(
                ErrorKind.ResourceExhausted, "TOO_MANY_API_KEYS", $"There are {MaxKeys} API keys. Delete some that are not used any more.");
        }

        var rows = await Sql.Command(
            connection, Insert, key.Id, key.SecretHash, (short)key.Role,
            Sql.Typed(key.Datasets?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text), Sql.Typed(key.LabelerId, NpgsqlDbType.Text), key.DisplayName,
            Sql.Typed(key.ExpireTime?.UtcDateTime, NpgsqlDbType.TimestampTz), Sql.Typed(key.Limits.RequestsPerSecond, NpgsqlDbType.Double),
            Sql.Typed(key.Limits.Burst, NpgsqlDbType.Integer), Sql.Typed(key.Limits.ConcurrentCalls, NpgsqlDbType.Integer),
            Sql.Typed(key.Quota.AnnotationsPerDay, NpgsqlDbType.Bigint), Sql.Typed(key.Quota.ItemsPerDay, NpgsqlDbType.Bigint)).ListAsync(Read, cancel);
        if (rows.Count == 0)
        {
            throw new ServiceException(ErrorKind.AlreadyExists, "API_KEY_EXISTS", $"apiKeys/{key.Id} exists already.");
        }

        await AnnounceAsync(connection, cancel);
        return rows[0];
    }

    private static AuditWrite ByOperator(string what, ApiKeyWrite key) =>
        new(AuditStore.Operator, null, what, AuditStore.Done, $"apiKeys/{key.Id}");

    private static Task<int> AnnounceAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        Sql.Command(connection, "SELECT pg_notify($1, '')", Channels.ApiKeys).ExecuteAsync(cancel);

    private static ApiKeyRecord Read(NpgsqlDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Id = row.GetString(1),
        SecretHash = row.GetFieldValue<byte[]>(2),
        Role = (Role)row.GetInt16(3),
        Datasets = row.IsDBNull(4) ? null : row.GetFieldValue<string[]>(4),
        LabelerId = row.MaybeText(5),
        DisplayName = row.GetString(6),
        CreateTime = row.GetFieldValue<DateTimeOffset>(7),
        ExpireTime = row.Maybe<DateTimeOffset>(8),
        LastUseTime = row.Maybe<DateTimeOffset>(9),
        Limits = new CallLimits
        {
            RequestsPerSecond = row.Maybe<double>(10),
            Burst = row.Maybe<int>(11),
            ConcurrentCalls = row.Maybe<int>(12),
        },
        Quota = new KeyQuota { AnnotationsPerDay = row.Maybe<long>(13), ItemsPerDay = row.Maybe<long>(14) },
    };

    private static ApiKeyRecord ReadWithToday(NpgsqlDataReader row) => Read(row) with { Today = new KeyUse(row.GetInt64(15), row.GetInt64(16)) };
}
