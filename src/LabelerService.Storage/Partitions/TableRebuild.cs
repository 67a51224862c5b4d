using System.Globalization;
using LabelerService.Storage.Backups;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Partitions;

/// <summary>
/// Writes a table anew, partitioned or plain: the same columns, keys, indexes (by the same names), triggers, storage parameters, owner and rights.
/// A plain table cannot become the parent of partitions, nor the other way about.
/// </summary>
internal static class TableRebuild
{
    // 256 MiB of pages between two signs of life.
    private const int PagesAtOnce = 32_768;
    private const string Aside = "being_replaced";

    /// <summary>Rebuilds a table, within the connection's transaction and under a lock on it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="table">The table as it is.</param>
    /// <param name="partitions">Partitions that it is to have; 0 for none.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>Rows.</returns>
    public static async Task<long> RunAsync(
        NpgsqlConnection connection, TableDefinition table, int partitions, IProgress<PartitionProgress>? progress, CancellationToken cancel)
    {
        var name = BackupCatalog.Quote(table.Name);
        var columns = BackupCatalog.Quote(table.Columns);
        await ExecuteAsync($"ALTER TABLE {name} RENAME TO {Aside}");
        if (table.Partitions > 0)
        {
            // Whatever they are called: somebody may have made them by hand.
            foreach (var (part, (leaf, _)) in (await LeavesAsync(connection, cancel)).Index())
            {
                await ExecuteAsync($"ALTER TABLE {leaf} RENAME TO {BackupCatalog.Quote(PartName(Aside, part))}");
            }
        }

        await ExecuteAsync(
            $"CREATE TABLE {name} (LIKE {Aside} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)"
            + (partitions > 0 ? " PARTITION BY HASH (dataset_id)" : With(table.Options)));
        for (var part = 0; part < partitions; part++)
        {
            await ExecuteAsync(
                $"CREATE TABLE {BackupCatalog.Quote(PartName(table.Name, part))} PARTITION OF {name} FOR VALUES WITH (MODULUS {partitions}, REMAINDER {part})"
                + With(table.Options));
        }

        foreach (var statement in table.Before)
        {
            await ExecuteAsync(statement);
        }

        var rows = 0L;
        var leaves = await LeavesAsync(connection, cancel);
        var pages = Math.Max(1, leaves.Sum(leaf => leaf.Pages));
        var done = 0L;
        foreach (var leaf in leaves)
        {
            for (var page = 0L; page < leaf.Pages; page += PagesAtOnce)
            {
                rows += await ExecuteAsync(
                    $"INSERT INTO {name} ({columns}) SELECT {columns} FROM ONLY {leaf.Name} WHERE ctid >= '({page},0)' AND ctid < '({page + PagesAtOnce},0)'");
                progress?.Report(new PartitionProgress(table.Name, rows, (double)(done + Math.Min(leaf.Pages, page + PagesAtOnce)) / pages, Done: false));
            }

            done += leaf.Pages;
        }

        await CheckAsync(connection, rows, cancel);
        await ExecuteAsync($"DROP TABLE {Aside}");
        foreach (var statement in table.After)
        {
            await ExecuteAsync(statement);
        }

        await ExecuteAsync($"ANALYZE {name}");
        progress?.Report(new PartitionProgress(table.Name, rows, 1, Done: true));
        return rows;

        Task<int> ExecuteAsync(string sql) => Sql.Command(connection, sql).ExecuteAsync(cancel);
    }

    /// <summary>The name of a table's partition.</summary>
    public static string PartName(string table, int part) => string.Create(CultureInfo.InvariantCulture, $"{table}_part_{part:D3}");

    private static string With(string options) => options.Length == 0 ? "" : $" WITH ({options})";

    // What holds the rows: the table itself, or its partitions.
    private static Task<List<(string Name, long Pages)>> LeavesAsync(NpgsqlConnection connection, CancellationToken cancel) => Sql.Command(
        connection,
        """
        SELECT oid::regclass::text, pg_relation_size(oid) / current_setting('block_size')::bigint
        FROM (SELECT $1::regclass::oid UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass) AS leaf(oid)
        JOIN pg_class c USING (oid) WHERE c.relkind = 'r' ORDER BY oid
        """,
        Aside).ListAsync(row => (row.GetString(0), row.GetInt64(1)), cancel);

    private static async Task CheckAsync(NpgsqlConnection connection, long rows, CancellationToken cancel)
    {
        var there = await Sql.Command(connection, $"SELECT count(*) FROM {Aside}").ScalarAsync<long>(cancel);
        if (there != rows)
        {
            throw new InvalidDataException($"{rows} of {there} rows were written; nothing was changed.");
        }
    }
}
