using System.Net.Sockets;
using LabelerService.Core.Errors;
using Npgsql;

namespace LabelerService.Storage.Database;

/// <summary>Which failures of PostgreSQL are worth repeating, and how the others look to a caller.</summary>
public static class DatabaseErrors
{
    // Somebody has to make room first: callers that repeat by themselves need not ask every second.
    private static readonly TimeSpan FullDiskPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The failure as a caller may see it; null if it is a defect of ours rather than the state of the database. The text never carries
    /// SQL, addresses or names of the schema.
    /// </summary>
    public static ServiceException? Translate(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case ServiceException known:
                    return known;
                case LostRaceException:
                    return new ServiceException(
                        ErrorKind.Aborted, "CONCURRENT_CHANGE", "Another request wrote the same at the same time. Repeat the request.");
                case PostgresException postgres:
                    return Translate(postgres) ?? (postgres.IsTransient ? Unavailable() : null);
                case NpgsqlException { InnerException: TimeoutException or SocketException or IOException }:
                case NpgsqlException { IsTransient: true }:
                case SocketException:
                    return Unavailable();
            }
        }

        return null;
    }

    /// <summary>Whether the whole transaction may be run again: it left no trace, and another one was the reason.</summary>
    internal static bool IsSerialisationFailure(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is LostRaceException or PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the database is starting, stopping, full of connections or cannot be reached: waiting may help.</summary>
    internal static bool IsAway(Exception exception) => Translate(exception) is { Kind: ErrorKind.Unavailable };

    private static ServiceException? Translate(PostgresException postgres) => postgres.SqlState switch
    {
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => new ServiceException(
            ErrorKind.Aborted, "CONCURRENT_CHANGE", "Other requests changed the same rows again and again. Repeat the request."),
        PostgresErrorCodes.DiskFull => new ServiceException(
            ErrorKind.ResourceExhausted, "DATABASE_FULL",
            "The database's disk is full. Nothing of this request was stored; reading goes on. Make room, then repeat the request.")
        {
            RetryAfter = FullDiskPause,
        },
        PostgresErrorCodes.OutOfMemory => new ServiceException(
            ErrorKind.ResourceExhausted, "DATABASE_OUT_OF_MEMORY", "The database has no memory left for this request. Repeat it, or make it smaller."),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => new ServiceException(
            ErrorKind.FailedPrecondition, "SCHEMA_OUTDATED", "The database lacks a migration. Start a server of this version once to apply it."),
        PostgresErrorCodes.ReadOnlySqlTransaction => new ServiceException(
            ErrorKind.FailedPrecondition, "DATABASE_READ_ONLY", "The database is read-only. Point the service at the primary."),

        // Connections, who may make them, resources, what an operator does, and what the machine does to it (appendix A of PostgreSQL's manual). Also a
        // defect of a pooler in between is no defect of ours.
        ['0', '8', ..] or ['2', '8', ..] or ['5', '3', ..] or ['5', '7', ..] or ['5', '8', ..]
            or PostgresErrorCodes.ObjectInUse or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.InternalError => Unavailable(),
        _ => null,
    };

    private static ServiceException Unavailable() => new(
        ErrorKind.Unavailable, "DATABASE_UNAVAILABLE", "The database does not answer at the moment. Repeat the request in a few seconds.");
}
