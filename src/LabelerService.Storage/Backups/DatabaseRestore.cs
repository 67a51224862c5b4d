using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LabelerService.Storage.Backups;

/// <summary>
/// Fills an empty database from a backup: the schema as it was then, the rows, and the migrations that came since. It is one transaction, so
/// the database is either restored or as empty as before.
/// </summary>
public sealed class DatabaseRestore
{
    private readonly NpgsqlDataSource _source;
    private readonly IDbContextFactory<LabelerDbContext> _contexts;

    internal DatabaseRestore(NpgsqlDataSource source, IDbContextFactory<LabelerDbContext> contexts)
    {
        _source = source;
        _contexts = contexts;
    }

    /// <summary>Reads all of a backup and says whether it is whole.</summary>
    /// <exception cref="ServiceException">FailedPrecondition: it is not, naming the part, or it is of a newer version.</exception>
    public static async Task<BackupManifest> VerifyAsync(Stream file, string version, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        await using var backup = await BackupFile.OpenAsync(file, version, cancel);
        await backup.VerifyAsync(progress, cancel);
        return backup.Manifest;
    }

    /// <summary>Restores a backup. Verify it first: what is found altered here costs the time until it is found.</summary>
    /// <param name="file">The backup.</param>
    /// <param name="version">Version of this service.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Cancels; the database is then as empty as before.</param>
    /// <exception cref="ServiceException">
    /// FailedPrecondition: the backup is damaged or of a newer version, or the database is not empty. Unavailable: it does not answer.
    /// </exception>
    public async Task<BackupManifest> ReadAsync(Stream file, string version, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        await using var backup = await BackupFile.OpenAsync(file, version, cancel);
        await using var context = await _contexts.CreateDbContextAsync(cancel);
        var known = context.Database.GetMigrations().ToList();
        CheckMigrations(backup.Manifest, known, version);
        await using var connection = await DatabaseFailures.TranslateAsync(() => _source.OpenConnectionAsync(cancel).AsTask());
        return await DatabaseFailures.TranslateAsync(async () =>
        {
            await FillAsync(connection, backup, context, progress, cancel);
            return backup.Manifest;
        });
    }

    // Whatever is here knows the migrations of the backup, or the backup is of a newer version.
    private static void CheckMigrations(BackupManifest manifest, List<string> known, string version)
    {
        if (manifest.Migrations.Except(known).Any())
        {
            throw BackupFile.Newer(manifest.Version, version);
        }

        if (manifest.Migrations.Count == 0 || !known.Take(manifest.Migrations.Count).SequenceEqual(manifest.Migrations))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "BACKUP_OF_OTHER_SCHEMA",
                $"The backup's schema is none that releases of this service have had. Restore it with version {manifest.Version}, which wrote it.");
        }
    }

    private static async Task FillAsync(
        NpgsqlConnection connection, BackupFile backup, LabelerDbContext context, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        var manifest = backup.Manifest;
        await using var transaction = await connection.BeginTransactionAsync(cancel);

        // A server that starts meanwhile waits, and finds the restored database.
        await Sql.Command(connection, "SELECT pg_advisory_xact_lock($1)", DatabaseMigrator.LockKey).ExecuteAsync(cancel);
        await CheckEmptyAsync(connection, cancel);
        await ExecuteAsync(connection, [MigrationSteps.CreateHistory(context), .. MigrationSteps.Of(context, manifest.Migrations)], cancel);
        await CheckTablesAsync(connection, manifest, cancel);
        var triggered = await BackupCatalog.TriggeredTablesAsync(connection, cancel);
        await SwitchTriggersAsync(connection, triggered, "DISABLE", cancel);
        foreach (var table in manifest.Tables)
        {
            await ClearAsync(connection, table, cancel);
            await FillAsync(connection, backup, table, progress, cancel);
        }

        await SwitchTriggersAsync(connection, triggered, "ENABLE", cancel);
        foreach (var sequence in manifest.Sequences)
        {
            await Sql.Command(
                connection, "SELECT setval($1::regclass, $2, $3)", BackupCatalog.Quote(sequence.Name), sequence.LastValue, sequence.IsCalled)
                .ExecuteAsync(cancel);
        }

        await ExecuteAsync(connection, MigrationSteps.Of(context, context.Database.GetMigrations().Skip(manifest.Migrations.Count)), cancel);
        await Sql.Command(connection, "ANALYZE").ExecuteAsync(cancel);
        await transaction.CommitAsync(cancel);
    }

    private static async Task CheckEmptyAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await BackupCatalog.TablesAsync(connection, cancel) is [var first, ..])
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATABASE_NOT_EMPTY",
                $"The database is not empty: it has a table {first.Name}. A backup is only restored into an empty one, and nothing was changed. "
                + "Give --data a new directory, or --postgres a new database (createdb), and start the service on it when the restore is done.");
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, IEnumerable<string> statements, CancellationToken cancel)
    {
        foreach (var statement in statements)
        {
            await Sql.Command(connection, statement).ExecuteAsync(cancel);
        }
    }

    private static async Task CheckTablesAsync(NpgsqlConnection connection, BackupManifest manifest, CancellationToken cancel)
    {
        var expected = (await BackupCatalog.TablesAsync(connection, cancel))
            .Where(table => table.Name != BackupCatalog.MigrationsTable && !manifest.LeftOut.Contains(table.Name))
            .Select(table => $"{table.Name}({string.Join(',', table.Columns.Order(StringComparer.Ordinal))})").ToHashSet(StringComparer.Ordinal);
        var found = manifest.Tables.Select(table => $"{table.Name}({string.Join(',', table.Columns.Order(StringComparer.Ordinal))})");
        expected.SymmetricExceptWith(found);
        if (expected.Count > 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "BACKUP_OF_OTHER_SCHEMA",
                $"The backup's tables are not those of its migrations: {string.Join("; ", expected.Order(StringComparer.Ordinal).Take(3))}. "
                + $"Restore it with version {manifest.Version}, which wrote it; nothing was changed.");
        }
    }

    // A migration may have put rows into a table; they are in the backup, too.
    private static Task<int> ClearAsync(NpgsqlConnection connection, BackupTable table, CancellationToken cancel) =>
        Sql.Command(connection, $"DELETE FROM {BackupCatalog.Quote(table.Name)}").ExecuteAsync(cancel);

    private static async Task FillAsync(
        NpgsqlConnection connection, BackupFile backup, BackupTable table, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        await using var copy = await connection.BeginRawBinaryCopyAsync(
            $"COPY {BackupCatalog.Quote(table.Name)} ({BackupCatalog.Quote(table.Columns)}) FROM STDIN (FORMAT BINARY)", cancel);
        try
        {
            await backup.CopyAsync(table, copy, progress, cancel);
        }
        catch
        {
            // Disposed of as it is, it would end as if it were complete.
            await copy.CancelAsync();
            throw;
        }
    }

    // What triggers do was done when the rows were written.
    private static async Task SwitchTriggersAsync(NpgsqlConnection connection, List<string> tables, string action, CancellationToken cancel)
    {
        foreach (var table in tables)
        {
            await Sql.Command(connection, $"ALTER TABLE {BackupCatalog.Quote(table)} {action} TRIGGER USER").ExecuteAsync(cancel);
        }
    }
}
