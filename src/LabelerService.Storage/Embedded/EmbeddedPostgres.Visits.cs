using LabelerService.Core.Errors;
using Npgsql;

namespace LabelerService.Storage.Embedded;

public sealed partial class EmbeddedPostgres
{
    /// <summary>
    /// The connection string of a directory's cluster while another process, its owner, runs it; for visitors such as a backup. Null if it is
    /// not running, and can be started.
    /// </summary>
    /// <exception cref="ServiceException">FailedPrecondition: there is no cluster in the directory.</exception>
    public static string? FindRunning(string directory)
    {
        var files = new ClusterFiles(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));
        if (!System.IO.Directory.Exists(files.Directory) || (files = files.Real()).Major() is null)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_DATA_DIRECTORY",
                $"{directory} holds no data of the service. Name the directory that it runs with (--data), or its database (--postgres).");
        }

        return files.RunningPort() is { } port
            ? new NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1",
                Port = port,
                Username = Superuser,
                Password = files.Password(),
                Database = DatabaseName,
            }.ConnectionString
            : null;
    }
}
