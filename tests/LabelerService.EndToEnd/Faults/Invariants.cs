using Npgsql;

namespace LabelerService.EndToEnd.Faults;

/// <summary>What must hold in the service's database at any moment, whatever has happened to it.</summary>
internal static class Invariants
{
    // Each gives what is wrong, a row each.
    private static readonly string[] Queries =
    [
        // Counters are what counting gives.
        """
        SELECT format('%s: the counters say %s, counting says %s', d.id, u.text, c.text) FROM datasets d
        CROSS JOIN LATERAL (SELECT format('%s items, %s annotations, %s labelers, %s bytes',
            coalesce(sum(u.items), 0), coalesce(sum(u.annotations), 0), coalesce(sum(u.labelers), 0), coalesce(sum(u.bytes), 0)) AS text
            FROM dataset_usage u WHERE u.dataset_id = d.dataset_id) u
        CROSS JOIN LATERAL (SELECT format('%s items, %s annotations, %s labelers, %s bytes',
            (SELECT count(*) FROM items i WHERE i.dataset_id = d.dataset_id),
            (SELECT count(*) FROM annotations a WHERE a.dataset_id = d.dataset_id AND a.class_index IS NOT NULL),
            (SELECT count(*) FROM labelers l WHERE l.dataset_id = d.dataset_id),
            (SELECT coalesce(sum(i.bytes), 0) FROM items i WHERE i.dataset_id = d.dataset_id)) AS text) c
        WHERE u.text <> c.text
        """,

        // The history of an alias is one line: each change begins where the one before it ended, and the last one is what is so now.
        """
        SELECT format('model %s, alias %s: change %s begins at %s, the one before ended at %s', model_id, alias, change, from_version, before)
        FROM (SELECT c.*, lag(c.to_version) OVER line AS before, row_number() OVER line AS place FROM model_alias_changes c WHERE c.alias <> ''
              WINDOW line AS (PARTITION BY c.dataset_id, c.model_id, c.alias ORDER BY c.change)) c
        WHERE place > 1 AND from_version IS DISTINCT FROM before
        """,
        """
        SELECT format('model %s: alias %s names version %s, its history ends at %s', a.model_id, a.alias, a.model_version, c.to_version)
        FROM model_aliases a LEFT JOIN LATERAL (
            SELECT to_version FROM model_alias_changes c WHERE c.dataset_id = a.dataset_id AND c.model_id = a.model_id AND c.alias = a.alias
            ORDER BY c.change DESC LIMIT 1) c ON true
        WHERE c.to_version IS DISTINCT FROM a.model_version
        """,
        """
        SELECT format('model %s: %s changes are numbered up to %s', m.model_id, count(c.change), m.alias_changes) FROM models m
        LEFT JOIN model_alias_changes c USING (dataset_id, model_id) GROUP BY m.dataset_id, m.model_id, m.alias_changes HAVING count(c.change) <> m.alias_changes
        """,

        // A run makes one version at most, and its events are numbered one by one.
        "SELECT format('run %s made %s versions', run_id, count(*)) FROM model_versions GROUP BY dataset_id, run_id HAVING count(*) > 1",
        """
        SELECT format('run %s: %s events, numbered up to %s of %s', r.run_id, count(e.sequence), max(e.sequence), r.last_sequence) FROM training_runs r
        JOIN training_run_events e USING (dataset_id, run_id) WHERE NOT r.events_thinned
        GROUP BY r.dataset_id, r.run_id, r.last_sequence HAVING count(e.sequence) <> r.last_sequence OR max(e.sequence) <> r.last_sequence
        """,

        // A run that ended says so once.
        """
        SELECT format('run %s ended %s times', e.run_id, count(*)) FROM training_run_events e WHERE e.kind IN (6, 7, 8)
        GROUP BY e.dataset_id, e.run_id HAVING count(*) > 1
        """,
    ];

    /// <summary>Everything that is wrong.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(NpgsqlDataSource database)
    {
        var wrong = new List<string>();
        foreach (var query in Queries)
        {
            wrong.AddRange(await TextsAsync(database, query));
        }

        return wrong;
    }

    /// <summary>PostgreSQL's own check of every B-tree: order, and that each row of a table is in its indexes.</summary>
    /// <returns>Indexes that were checked; 0 where the server lacks the extension amcheck.</returns>
    /// <exception cref="PostgresException">An index is damaged.</exception>
    public static async Task<int> CheckIndexesAsync(NpgsqlDataSource database)
    {
        if ((await TextsAsync(database, "SELECT name FROM pg_available_extensions WHERE name = 'amcheck'")).Count == 0)
        {
            return 0;
        }

        await using var create = database.CreateCommand("CREATE EXTENSION IF NOT EXISTS amcheck");
        await create.ExecuteNonQueryAsync();
        return (await TextsAsync(
            database,
            """
            WITH trees AS MATERIALIZED (
                SELECT c.oid, c.relname::text AS name FROM pg_index i
                JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree' JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'public' AND i.indisvalid AND c.relpersistence = 'p' AND c.relkind = 'i')
            SELECT name FROM trees CROSS JOIN LATERAL bt_index_check(oid, true)
            """)).Count;
    }

    private static async Task<List<string>> TextsAsync(NpgsqlDataSource database, string query)
    {
        var texts = new List<string>();
        await using var command = database.CreateCommand(query);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            texts.Add(rows.GetString(0));
        }

        return texts;
    }
}
