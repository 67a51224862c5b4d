using Npgsql;

namespace LabelerService.Storage.Tests.Partitions;

/// <summary>All that the catalogue says of tables, but whether they are partitioned.</summary>
internal static class TableSchemas
{
    /// <summary>Columns, keys, indexes, triggers, storage parameters and owners, a line each.</summary>
    public static async Task<List<string>> ReadAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var command = source.CreateCommand(
            """
            WITH tables AS (
                SELECT c.oid, c.relname, c.relowner, coalesce((SELECT min(inhrelid::oid) FROM pg_inherits WHERE inhparent = c.oid), c.oid) AS leaf
                FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
            ), lines AS (
                SELECT format('%s column %s %s %s default %s, storage %s, statistics %s', t.relname, a.attnum, a.attname,
                    format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                    pg_get_expr(d.adbin, d.adrelid), a.attstorage, nullif(a.attstattarget, -1)) AS line
                FROM tables t JOIN pg_attribute a ON a.attrelid IN (t.oid, t.leaf) AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
                UNION SELECT format('%s constraint %s %s', t.relname, c.conname, pg_get_constraintdef(c.oid))
                FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid WHERE c.contype IN ('p', 'u', 'c')
                UNION SELECT format('%s index %s', t.relname, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON '))
                FROM tables t JOIN pg_index i ON i.indrelid = t.oid WHERE i.indisvalid
                UNION SELECT format('%s trigger %s %s', t.relname, pg_get_triggerdef(g.oid), g.tgenabled)
                FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
                UNION SELECT format('%s options %s owner %s', t.relname, l.reloptions, pg_get_userbyid(t.relowner))
                FROM tables t JOIN pg_class l ON l.oid = t.leaf
            )
            SELECT line FROM lines ORDER BY line COLLATE "C"
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        Assert.Contains(lines, line => line.StartsWith("annotations trigger", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("items index", StringComparison.Ordinal));
        return lines;
    }
}
