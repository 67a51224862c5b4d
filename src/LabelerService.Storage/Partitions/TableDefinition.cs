using LabelerService.Storage.Backups;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Partitions;

/// <summary>What the catalogue says of a table that <c>CREATE TABLE (LIKE …)</c> does not carry over, as statements to say it again.</summary>
/// <param name="Name">The table.</param>
/// <param name="Partitions">Its hash partitions; 0 for a plain table.</param>
/// <param name="Columns">Columns that can be written.</param>
/// <param name="Options">Storage parameters, as in <c>WITH (…)</c>; of a partitioned table those of its partitions. May be empty.</param>
/// <param name="Before">Statements for the table while it is empty: statistics, owner, rights.</param>
/// <param name="After">Statements for the table with its rows: keys, indexes, triggers.</param>
internal sealed record TableDefinition(
    string Name, int Partitions, IReadOnlyList<string> Columns, string Options, IReadOnlyList<string> Before, IReadOnlyList<string> After)
{
    /// <summary>Reads it.</summary>
    public static async Task<TableDefinition> ReadAsync(NpgsqlConnection connection, string table, CancellationToken cancel)
    {
        var name = BackupCatalog.Quote(table);
        return new TableDefinition(
            table,
            await Sql.Command(connection, "SELECT count(*)::int FROM pg_inherits WHERE inhparent = $1::regclass", name).ScalarAsync<int>(cancel),
            await TextsAsync(
                """
                SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
                """),
            string.Join(", ", await TextsAsync(
                """
                SELECT unnest(reloptions) FROM pg_class
                WHERE oid = coalesce((SELECT min(inhrelid::oid) FROM pg_inherits WHERE inhparent = $1::regclass), $1::regclass::oid)
                """)),
            [
                .. await TextsAsync(
                    """
                    SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', attrelid::regclass, attname, attstattarget)
                    FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attstattarget >= 0 ORDER BY attnum
                    """),
                .. await TextsAsync("SELECT format('ALTER TABLE %s OWNER TO %I', oid::regclass, pg_get_userbyid(relowner)) FROM pg_class WHERE oid = $1::regclass"),
                .. await TextsAsync(
                    """
                    SELECT format('GRANT %s ON %s TO %s', g.privilege_type, c.oid::regclass, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END)
                    FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = $1::regclass AND g.grantee <> c.relowner
                    """),
            ],
            [
                .. await TextsAsync(
                    """
                    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
                    FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'u') ORDER BY contype, conname
                    """),
                .. await TextsAsync(
                    """
                    SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index
                    WHERE indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY indexrelid
                    """),
                .. await TextsAsync(
                    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal ORDER BY tgname"),
            ]);

        Task<List<string>> TextsAsync(string sql) => Sql.Command(connection, sql, name).ListAsync(row => row.GetString(0), cancel);
    }
}
