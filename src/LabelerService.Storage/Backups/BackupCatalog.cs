using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Backups;

/// <summary>A table as the catalogue describes it.</summary>
internal sealed record CatalogTable(string Name, IReadOnlyList<string> Columns);

/// <summary>What PostgreSQL's catalogue says of the schema: tables that come with later migrations are in a backup without a word about them here.</summary>
internal static class BackupCatalog
{
    /// <summary>EF Core's own table, which the migrations fill.</summary>
    public const string MigrationsTable = "__EFMigrationsHistory";

    /// <summary>
    /// Rows with numbers of transactions (xid8), which another cluster counts anew: kept, they would hide later changes. They only serve
    /// servers that have read the dataset before, and there are none of a restored database.
    /// </summary>
    public static readonly IReadOnlyList<string> LeftOut = ["dataset_writes"];

    /// <summary>All tables but parts of partitioned ones, with the columns that can be written.</summary>
    public static Task<List<CatalogTable>> TablesAsync(NpgsqlConnection connection, CancellationToken cancel) => Sql.Command(
        connection,
        """
        SELECT c.relname::text, coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname IS NOT NULL), '{}')
        FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        GROUP BY c.relname ORDER BY c.relname COLLATE "C"
        """).ListAsync(row => new CatalogTable(row.GetString(0), row.GetFieldValue<string[]>(1)), cancel);

    /// <summary>Tables with triggers of our own.</summary>
    public static Task<List<string>> TriggeredTablesAsync(NpgsqlConnection connection, CancellationToken cancel) => Sql.Command(
        connection,
        """
        SELECT DISTINCT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal AND NOT c.relispartition
        """).ListAsync(row => row.GetString(0), cancel);

    /// <summary>Where each sequence stands.</summary>
    public static async Task<List<BackupSequence>> SequencesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var names = await Sql.Command(
            connection,
            """
            SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S' ORDER BY relname COLLATE "C"
            """).ListAsync(row => row.GetString(0), cancel);
        var sequences = new List<BackupSequence>(names.Count);
        foreach (var name in names)
        {
            sequences.AddRange(await Sql.Command(connection, $"SELECT last_value, is_called FROM {Quote(name)}")
                .ListAsync(row => new BackupSequence(name, row.GetInt64(0), row.GetBoolean(1)), cancel));
        }

        return sequences;
    }

    /// <summary>The migrations that were applied, in order; none where there is no schema.</summary>
    public static async Task<List<string>> MigrationsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await Sql.Command(connection, "SELECT to_regclass($1) IS NOT NULL", Quote(MigrationsTable)).ScalarAsync<bool>(cancel)
            ? await Sql.Command(connection, $"SELECT migration_id FROM {Quote(MigrationsTable)} ORDER BY migration_id COLLATE \"C\"")
                .ListAsync(row => row.GetString(0), cancel)
            : [];

    /// <summary>A name as an identifier.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Names as a list of identifiers.</summary>
    public static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(Quote));
}
