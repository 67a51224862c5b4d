using LabelerService.Core.Errors;
using LabelerService.Storage.Backups;
using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LabelerService.Storage.Database;

/// <summary>
/// Brings the schema up to date. Any number of replicas may start at once: one migrates, the others wait and find it done. Servers of the
/// version before work meanwhile, so a migration never makes them queue behind it: it takes its locks at once, or tries again.
/// </summary>
public sealed partial class DatabaseMigrator
{
    /// <summary>Key of the advisory lock; a constant of this service, arbitrary otherwise.</summary>
    internal const long LockKey = 0x4C61_6265_6C65_7201;

    // Whoever comes for a table waits behind a migration that waits for it: shorter than anybody's patience, and than the second after
    // which PostgreSQL looks for deadlocks and may end a client's transaction instead of ours.
    private const string LockTimeout = "500ms";

    // What held a lock gets on in the meantime, and what queued behind the migration gets through.
    private static readonly TimeSpan LockPause = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _source;
    private readonly IDbContextFactory<LabelerDbContext> _contexts;
    private readonly TimeProvider _time;
    private readonly TimeSpan _wait;
    private readonly ILogger<DatabaseMigrator> _logger;

    internal DatabaseMigrator(
        NpgsqlDataSource source, IDbContextFactory<LabelerDbContext> contexts, TimeProvider time, TimeSpan wait,
        ILogger<DatabaseMigrator> logger)
    {
        _source = source;
        _contexts = contexts;
        _time = time;
        _wait = wait;
        _logger = logger;
    }

    /// <summary>Waits for the database, up to <see cref="StorageOptions.DatabaseWait"/>, then applies what it lacks.</summary>
    /// <exception cref="ServiceException">Unavailable: it did not answer in time. FailedPrecondition: it is older than PostgreSQL 15.</exception>
    public async Task MigrateAsync(CancellationToken cancel)
    {
        await using var connection = await ConnectAsync(cancel);
        if (connection.PostgreSqlVersion.Major < 15)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "POSTGRES_TOO_OLD",
                $"PostgreSQL {connection.PostgreSqlVersion} is too old. Use PostgreSQL 15 or newer.");
        }

        // A session lock, because migrations are several transactions; it goes with the connection even if this process is killed.
        await Unlimited(Sql.Command(connection, "SELECT pg_advisory_lock($1)", LockKey)).ExecuteAsync(cancel);
        try
        {
            await using var context = await _contexts.CreateDbContextAsync(cancel);
            var pending = (await context.Database.GetPendingMigrationsAsync(cancel)).ToList();
            if (pending.Count > 0)
            {
                Log.Migrating(_logger, pending.Count, pending[^1]);
                await Sql.Command(connection, MigrationSteps.CreateHistory(context)).ExecuteAsync(cancel);
                foreach (var migration in pending)
                {
                    await ApplyAsync(connection, migration, [.. MigrationSteps.Of(context, [migration])], cancel);
                }
            }
        }
        finally
        {
            await Sql.Command(connection, "SELECT pg_advisory_unlock($1)", LockKey).ExecuteAsync(CancellationToken.None);
        }
    }

    // A restore, another server's migration, or an index over all there is take as long as they take.
    private static NpgsqlCommand Unlimited(NpgsqlCommand command)
    {
        command.CommandTimeout = 0;
        return command;
    }

    // A migration is one transaction. EF Core's own way would lock the table of applied migrations for as long, and probes read it.
    private async Task ApplyAsync(NpgsqlConnection connection, string migration, IReadOnlyList<string> steps, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                await Sql.Command(connection, $"SET LOCAL lock_timeout = '{LockTimeout}'").ExecuteAsync(cancel);
                foreach (var step in steps)
                {
                    await Unlimited(Sql.Command(connection, step)).ExecuteAsync(cancel);
                }

                await transaction.CommitAsync(CancellationToken.None);
                return;
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                Log.Locked(_logger, migration, LockPause.TotalSeconds);
            }

            await Task.Delay(LockPause, _time, cancel);
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancel)
    {
        var start = _time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            try
            {
                return await _source.OpenConnectionAsync(cancel);
            }
            catch (Exception exception) when (DatabaseErrors.IsAway(exception))
            {
                if (_time.GetElapsedTime(start) + pause > _wait)
                {
                    throw new ServiceException(
                        ErrorKind.Unavailable, "DATABASE_UNAVAILABLE",
                        $"The database did not answer within {_wait.TotalSeconds:0} s ({exception.Message}). Check --postgres and that the server runs.");
                }

                Log.Waiting(_logger, exception.Message, pause.TotalMilliseconds);
                await Task.Delay(pause, _time, cancel);
                pause = TimeSpan.FromMilliseconds(Math.Min(2000, 2 * pause.TotalMilliseconds));
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(501, LogLevel.Information, "The database does not answer yet ({Reason}); trying again in {PauseMs} ms.")]
        public static partial void Waiting(ILogger logger, string reason, double pauseMs);

        [LoggerMessage(502, LogLevel.Information, "Applying {Count} migration(s) up to {Last}.")]
        public static partial void Migrating(ILogger logger, int count, string last);

        [LoggerMessage(
            503, LogLevel.Warning,
            "Migration {Migration} waits for a transaction that uses its tables (a backup, an export, a long read); trying again in {PauseSeconds} s.")]
        public static partial void Locked(ILogger logger, string migration, double pauseSeconds);
    }
}
