using LabelerService.Storage.Schema;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace LabelerService.Storage.Database;

/// <summary>What readiness asks of the database.</summary>
/// <param name="Reachable">Whether it answers.</param>
/// <param name="MigrationsApplied">Whether its schema is that of this version, or newer.</param>
/// <param name="Problem">What is wrong, for the operator; null if nothing.</param>
public sealed record DatabaseStatus(bool Reachable, bool MigrationsApplied, string? Problem)
{
    /// <summary>Whether requests can be served.</summary>
    public bool Ready => Reachable && MigrationsApplied;
}

/// <summary>Checks the database for health endpoints.</summary>
public sealed class DatabaseHealth
{
    private readonly NpgsqlDataSource _source;
    private readonly IDbContextFactory<LabelerDbContext> _contexts;

    internal DatabaseHealth(NpgsqlDataSource source, IDbContextFactory<LabelerDbContext> contexts)
    {
        _source = source;
        _contexts = contexts;
    }

    /// <summary>Asks the database now; never throws for its failures.</summary>
    public async Task<DatabaseStatus> CheckAsync(CancellationToken cancel)
    {
        try
        {
            await using var context = await _contexts.CreateDbContextAsync(cancel);
            await using var connection = await _source.OpenConnectionAsync(cancel);
            var applied = await Sql.Command(connection, "SELECT migration_id FROM \"__EFMigrationsHistory\"")
                .ListAsync(row => row.GetString(0), cancel);
            var missing = context.Database.GetMigrations().Except(applied).ToList();
            return missing.Count == 0
                ? new DatabaseStatus(true, true, null)
                : new DatabaseStatus(true, false, $"{missing.Count} migration(s) are not applied yet.");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return new DatabaseStatus(true, false, "No migration is applied yet.");
        }
        catch (Exception exception) when (DatabaseErrors.Translate(exception) is not null)
        {
            return new DatabaseStatus(false, false, "The database does not answer.");
        }
    }
}
