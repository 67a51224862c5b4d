using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Security;

/// <summary>
/// Counts what a transaction stores for keys that have a quota, within that transaction: what is rolled back is not counted, and what is
/// committed is counted once. The day is that of the annotations' <c>receive_time</c>: the transaction's start by the database's clock, in UTC.
/// </summary>
internal sealed class KeyUsage
{
    // Rows are locked in the order of the keys, after the rows of data and the request ids, and before the dataset's counters: whoever
    // waits for one of them holds no later one.
    private const string Add =
        """
        INSERT INTO api_key_usage AS u (key_id, day, annotations, items)
        SELECT t.key_id, (now() AT TIME ZONE 'UTC')::date, t.annotations, t.items
        FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS t(key_id, annotations, items) ORDER BY t.key_id COLLATE "C"
        ON CONFLICT (key_id, day) DO UPDATE SET annotations = u.annotations + excluded.annotations, items = u.items + excluded.items
        RETURNING u.key_id, u.annotations, u.items,
            extract(epoch FROM ((u.day + 1)::timestamp AT TIME ZONE 'UTC') - clock_timestamp())::double precision
        """;

    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private readonly record struct Entry(KeyAllowance Key, long Annotations, long Items);

    /// <summary>Counts for one key, where there is one. The last thing before the dataset's counters.</summary>
    /// <exception cref="ServiceException">As <see cref="StoreAsync"/>.</exception>
    public static Task AddAsync(NpgsqlConnection connection, KeyAllowance? key, long annotations, long items, CancellationToken cancel)
    {
        if (key is null)
        {
            return Task.CompletedTask;
        }

        var usage = new KeyUsage();
        usage.Count(key, annotations, items);
        return usage.StoreAsync(connection, cancel);
    }

    /// <summary>Takes note of what was written for a key.</summary>
    public void Count(KeyAllowance key, long annotations, long items)
    {
        if (annotations > 0 || items > 0)
        {
            var before = _entries.GetValueOrDefault(key.KeyId);
            _entries[key.KeyId] = new Entry(key, before.Annotations + annotations, before.Items + items);
        }
    }

    /// <summary>Stores what was counted, once, right before the dataset's counters. Other writers of the same keys wait until the commit.</summary>
    /// <exception cref="ServiceException">ResourceExhausted (KEY_QUOTA_EXCEEDED): the transaction must not commit.</exception>
    public async Task StoreAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (_entries.Count == 0)
        {
            return;
        }

        var rows = await Sql.Command(
            connection, Add, _entries.Keys.ToArray(), _entries.Values.Select(entry => entry.Annotations).ToArray(),
            _entries.Values.Select(entry => entry.Items).ToArray())
            .ListAsync(row => (Id: row.GetString(0), Today: new KeyUse(row.GetInt64(1), row.GetInt64(2)), Left: row.GetDouble(3)), cancel);
        foreach (var (id, today, left) in rows)
        {
            Check(_entries[id], today, left);
        }
    }

    private static void Check(Entry entry, KeyUse today, double secondsLeft)
    {
        var (key, annotations, items) = entry;
        List<(string What, long Quota, long Used)> exceeded = [];
        if (key.AnnotationsPerDay > 0 && annotations > 0 && today.Annotations > key.AnnotationsPerDay)
        {
            exceeded.Add(("annotations", key.AnnotationsPerDay, today.Annotations));
        }

        if (key.ItemsPerDay > 0 && items > 0 && today.Items > key.ItemsPerDay)
        {
            exceeded.Add(("items", key.ItemsPerDay, today.Items));
        }

        if (exceeded.Count == 0)
        {
            return;
        }

        var (what, quota, used) = exceeded[0];
        throw new ServiceException(
            ErrorKind.ResourceExhausted, ServiceException.KeyQuotaExceeded,
            $"apiKeys/{key.KeyId} may have {quota} {what} stored a day; with this there would be {used} today. Nothing of this was stored. "
            + "Send it after midnight UTC, or ask an admin for a key with another quota.",
            [.. exceeded.Select(entry => new FieldViolation(
                $"apiKeys/{key.KeyId}", $"{entry.What}_per_day is {entry.Quota}; with this there would be {entry.Used} today"))])
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(secondsLeft))),
        };
    }
}
