using System.Diagnostics;
using System.Globalization;
using LabelerService.Core.Errors;
using LabelerService.Storage.Backups;
using LabelerService.Storage.Database;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LabelerService.Storage.Partitions;

/// <summary>
/// Turns the tables that grow with the data into hash partitions by dataset, and back: docs/designs/distribution.md says when. It is one transaction on
/// a database that nobody else uses: all of them are changed, or none.
/// </summary>
public sealed class TablePartitioning
{
    /// <summary>Most partitions of a table.</summary>
    public const int MostPartitions = 512;

    // What a table's lock may still be waited for: a session that has just ended, or autovacuum, which gives way.
    private const string LockTimeout = "10s";

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private readonly NpgsqlDataSource _source;
    private readonly IDbContextFactory<LabelerDbContext> _contexts;

    internal TablePartitioning(NpgsqlDataSource source, IDbContextFactory<LabelerDbContext> contexts)
    {
        _source = source;
        _contexts = contexts;
    }

    /// <summary>The tables.</summary>
    public static IReadOnlyList<string> Tables { get; } = ["annotation_history", "annotations", "extracted_features", "items", "predictions"];

    /// <summary>How the tables are stored now.</summary>
    /// <exception cref="ServiceException">FailedPrecondition: the schema is not this version's. Unavailable: the database does not answer.</exception>
    public async Task<IReadOnlyList<PartitionedTable>> LookAsync(CancellationToken cancel)
    {
        await using var connection = await DatabaseFailures.TranslateAsync(() => _source.OpenConnectionAsync(cancel).AsTask());
        await CheckSchemaAsync(connection, cancel);
        return await LookAsync(connection, cancel);
    }

    /// <summary>Rewrites the tables that do not have so many partitions. Takes the time and the free disk of writing them once more.</summary>
    /// <param name="partitions">From 2 to <see cref="MostPartitions"/>; 0 makes plain tables.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Cancels; the database is then as it was.</param>
    /// <returns>The tables afterwards.</returns>
    /// <exception cref="ServiceException">
    /// InvalidArgument: no such number. FailedPrecondition: others are connected, or the schema is not this version's. Unavailable: the database does not
    /// answer. ResourceExhausted: its disk is full. In all of them nothing was changed.
    /// </exception>
    public async Task<IReadOnlyList<PartitionedTable>> ApplyAsync(int partitions, IProgress<PartitionProgress>? progress, CancellationToken cancel)
    {
        if (partitions is 1 or < 0 or > MostPartitions)
        {
            throw new ServiceException(
                ErrorKind.InvalidArgument, "INVALID_PARTITIONS",
                string.Create(CultureInfo.InvariantCulture, $"There can be 2 to {MostPartitions} partitions, or 0 for plain tables; {partitions} is neither."));
        }

        await using var connection = await DatabaseFailures.TranslateAsync(() => _source.OpenConnectionAsync(cancel).AsTask());
        return await DatabaseFailures.TranslateAsync(async () =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await Sql.Command(connection, $"SET LOCAL lock_timeout = '{LockTimeout}'").ExecuteAsync(cancel);

            // A server that starts meanwhile waits before it reads anything.
            await Sql.Command(connection, "SELECT pg_advisory_xact_lock($1)", DatabaseMigrator.LockKey).ExecuteAsync(cancel);
            await CheckSchemaAsync(connection, cancel);
            await CheckAloneAsync(connection, cancel);
            await Sql.Command(connection, $"LOCK TABLE {BackupCatalog.Quote(Tables)} IN ACCESS EXCLUSIVE MODE").ExecuteAsync(cancel);
            foreach (var table in Tables)
            {
                var definition = await TableDefinition.ReadAsync(connection, table, cancel);
                if (definition.Partitions != partitions)
                {
                    await TableRebuild.RunAsync(connection, definition, partitions, progress, cancel);
                }
            }

            var tables = await LookAsync(connection, cancel);
            await transaction.CommitAsync(cancel);
            return tables;
        });
    }

    private static async Task<IReadOnlyList<PartitionedTable>> LookAsync(NpgsqlConnection connection, CancellationToken cancel) => await Sql.Command(
        connection,
        """
        SELECT t.name, count(p.inhrelid)::int, (pg_total_relation_size(t.name::regclass) + coalesce(sum(pg_total_relation_size(p.inhrelid)), 0))::bigint
        FROM unnest($1::text[]) WITH ORDINALITY AS t(name, place) LEFT JOIN pg_inherits p ON p.inhparent = t.name::regclass
        GROUP BY t.name, t.place ORDER BY t.place
        """,
        (object)Tables.ToArray()).ListAsync(row => new PartitionedTable(row.GetString(0), row.GetInt32(1), row.GetInt64(2)), cancel);

    private async Task CheckSchemaAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancel);
        var applied = await BackupCatalog.MigrationsAsync(connection, cancel);
        if (!applied.SequenceEqual(context.Database.GetMigrations()))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "SCHEMA_OF_OTHER_VERSION",
                applied.Count == 0
                    ? "There are no tables here yet. Start the service on this database once, then stop it."
                    : "The database's schema is another version's. Start the service of this version on it once, then stop it; nothing was changed.");
        }
    }

    private static async Task CheckAloneAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        // PostgreSQL knows of a session for a moment longer than whoever has ended it.
        var asked = Stopwatch.StartNew();
        var others = await OthersAsync(connection, cancel);
        while (others.Count > 0 && asked.Elapsed < Farewell)
        {
            await Task.Delay(100, cancel);
            others = await OthersAsync(connection, cancel);
        }

        if (others.Count > 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATABASE_IN_USE",
                $"Others are connected: {string.Join(", ", others)}. Stop all servers and trainers (and poolers, consoles, backups), then try again; nothing was changed.");
        }
    }

    // Within a transaction the list of sessions is read once, unless it is dropped.
    private static async Task<IReadOnlyList<string>> OthersAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await Sql.Command(connection, "SELECT pg_stat_clear_snapshot()").ExecuteAsync(cancel);
        return await Sql.Command(
            connection,
            """
            SELECT coalesce(nullif(application_name, ''), 'without a name') || ' at ' || coalesce(host(client_addr), 'the database''s own machine')
            FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' GROUP BY 1 ORDER BY 1
            """).ListAsync(row => row.GetString(0), cancel);
    }
}
