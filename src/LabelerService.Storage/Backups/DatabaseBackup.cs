using System.Data;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LabelerService.Storage.Backups;

/// <summary>
/// Writes the whole database into one file: a zip archive with a part a table (PostgreSQL's binary COPY), the manifest, and the manifest's
/// hash. All of it is what one transaction sees, while others go on writing.
/// </summary>
public sealed class DatabaseBackup
{
    private readonly NpgsqlDataSource _source;
    private readonly IDbContextFactory<LabelerDbContext> _contexts;

    internal DatabaseBackup(NpgsqlDataSource source, IDbContextFactory<LabelerDbContext> contexts)
    {
        _source = source;
        _contexts = contexts;
    }

    /// <summary>Writes a backup.</summary>
    /// <param name="file">Where to; it is written from its beginning to its end.</param>
    /// <param name="version">Version of the service, for the manifest.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Cancels; the file is then of no use.</param>
    /// <exception cref="ServiceException">
    /// FailedPrecondition: the database has no schema, or one of a newer version. Unavailable: it does not answer.
    /// </exception>
    public async Task<BackupManifest> WriteAsync(Stream file, string version, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        await using var connection = await DatabaseFailures.TranslateAsync(() => _source.OpenConnectionAsync(cancel).AsTask());
        return await DatabaseFailures.TranslateAsync(() => WriteAsync(connection, file, version, progress, cancel));
    }

    private async Task<BackupManifest> WriteAsync(
        NpgsqlConnection connection, Stream file, string version, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        await using var transaction = await BeginAsync(connection, cancel);
        var migrations = await BackupCatalog.MigrationsAsync(connection, cancel);
        await CheckAsync(migrations, version, cancel);
        await using var archive = await ZipArchive.CreateAsync(file, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, cancel);
        var tables = new List<BackupTable>();
        foreach (var table in await BackupCatalog.TablesAsync(connection, cancel))
        {
            if (table.Name != BackupCatalog.MigrationsTable && !BackupCatalog.LeftOut.Contains(table.Name))
            {
                tables.Add(await WriteTableAsync(connection, archive, table, progress, cancel));
            }
        }

        var (time, postgres) = (await Sql.Command(connection, "SELECT now(), current_setting('server_version')")
            .ListAsync(row => (row.GetFieldValue<DateTimeOffset>(0), row.GetString(1)), cancel))[0];
        var manifest = new BackupManifest
        {
            Format = BackupManifest.CurrentFormat,
            Version = version,
            Time = time,
            Postgres = postgres,
            Migrations = migrations,
            Tables = tables,

            // Sequences know no transactions. Read after the rows, they are past every key among these.
            Sequences = await BackupCatalog.SequencesAsync(connection, cancel),
            LeftOut = BackupCatalog.LeftOut,
        };
        var json = manifest.ToJson();
        await WritePartAsync(archive, BackupManifest.PartName, json, cancel);
        await WritePartAsync(archive, BackupManifest.HashPartName, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(json))), cancel);
        return manifest;
    }

    /// <summary>A transaction that sees one moment, and whose tables nobody migrates meanwhile.</summary>
    private static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        // The lock of migrations only until the tables are locked: a server that starts without anything to migrate need not wait for a backup.
        await Sql.Command(connection, "SELECT pg_advisory_lock_shared($1)", DatabaseMigrator.LockKey).ExecuteAsync(cancel);
        try
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
            await Sql.Command(connection, "SET TRANSACTION READ ONLY").ExecuteAsync(cancel);
            var tables = await BackupCatalog.TablesAsync(connection, cancel);
            if (tables.Count > 0)
            {
                await Sql.Command(connection, $"LOCK TABLE {BackupCatalog.Quote(tables.Select(table => table.Name))} IN ACCESS SHARE MODE").ExecuteAsync(cancel);
            }

            return transaction;
        }
        finally
        {
            await Sql.Command(connection, "SELECT pg_advisory_unlock_shared($1)", DatabaseMigrator.LockKey).ExecuteAsync(CancellationToken.None);
        }
    }

    private async Task CheckAsync(List<string> migrations, string version, CancellationToken cancel)
    {
        if (migrations.Count == 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATABASE_EMPTY", "The database holds no service: there is nothing to back up. Check --postgres or --data.");
        }

        await using var context = await _contexts.CreateDbContextAsync(cancel);
        if (migrations.Except(context.Database.GetMigrations()).Any())
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "SCHEMA_NEWER",
                $"A newer version of the service has migrated this database (to {migrations[^1]}; this is {version}). Back it up with that version.");
        }
    }

    private static async Task<BackupTable> WriteTableAsync(
        NpgsqlConnection connection, ZipArchive archive, CatalogTable table, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        var part = $"tables/{table.Name}";
        var entry = archive.CreateEntry(part, CompressionLevel.Fastest);
        await using var to = await entry.OpenAsync(cancel);

        // A query, because partitioned tables cannot be copied out by name.
        await using var from = await connection.BeginRawBinaryCopyAsync(
            $"COPY (SELECT {BackupCatalog.Quote(table.Columns)} FROM {BackupCatalog.Quote(table.Name)}) TO STDOUT (FORMAT BINARY)", cancel);
        var contents = await PartCopy.RunAsync(table.Name, from, to, progress, cancel);
        return new BackupTable(table.Name, table.Columns, part, contents.Rows, contents.Bytes, contents.Sha256);
    }

    private static async Task WritePartAsync(ZipArchive archive, string name, byte[] bytes, CancellationToken cancel)
    {
        await using var part = await archive.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancel);
        await part.WriteAsync(bytes, cancel);
    }
}
