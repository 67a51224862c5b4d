using System.Globalization;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Embedded;

/// <summary>The account that PostgreSQL runs as when this process is root: PostgreSQL refuses to run as root, rightly.</summary>
/// <param name="Name">Account name.</param>
/// <param name="UserId">User id.</param>
/// <param name="GroupId">Group id.</param>
internal sealed record PostgresUser(string Name, int UserId, int GroupId)
{
    private const string SetPriv = "/usr/bin/setpriv";

    /// <summary>The account to change to; null where this process is not root and stays what it is.</summary>
    /// <exception cref="ServiceException">FailedPrecondition: root, but no account to change to.</exception>
    public static PostgresUser? Current()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return null;
        }

        var accounts = File.ReadLines("/etc/passwd").Select(Parse).OfType<PostgresUser>().ToList();
        var user = accounts.Find(account => account.Name == "postgres") ?? accounts.Find(account => account.Name == "nobody");
        if (user is null || user.UserId == 0 || !File.Exists(SetPriv))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "POSTGRES_USER_MISSING",
                "PostgreSQL must not run as root, and there is no account 'postgres' or 'nobody' (or no setpriv) to run it as. " +
                "Run the service as another user, or use an existing server with --postgres.");
        }

        return user;
    }

    /// <summary>The command that runs a program as this account, without any privilege or way back to one.</summary>
    public (string File, IReadOnlyList<string> Arguments) Wrap(string program, IReadOnlyList<string> arguments) =>
        (SetPriv, [$"--reuid={UserId}", $"--regid={GroupId}", "--clear-groups", "--no-new-privs", "--", program, .. arguments]);

    /// <summary>Makes a directory and all in it this account's.</summary>
    public async Task OwnAsync(string directory, CancellationToken cancel)
    {
        var result = await ProcessRunner.RunAsync(null, "/bin/chown", ["-R", "-h", $"{UserId}:{GroupId}", directory], cancel);
        if (result.ExitCode != 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATA_DIRECTORY_UNUSABLE",
                $"{directory} cannot be given to the account '{Name}': {result.Output}. Choose a directory on a local file system with --data.");
        }
    }

    /// <summary>Checks that this account can write to a directory.</summary>
    /// <exception cref="ServiceException">FailedPrecondition; the message names the directory that is in the way.</exception>
    public async Task CheckReachesAsync(string directory, CancellationToken cancel)
    {
        var result = await ProcessRunner.RunAsync(this, "/usr/bin/test", ["-w", directory, "-a", "-x", directory], cancel);
        if (result.ExitCode == 0)
        {
            return;
        }

        var closed = Ancestors(directory).LastOrDefault(path => !File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherExecute));
        throw new ServiceException(
            ErrorKind.FailedPrecondition, "DATA_DIRECTORY_UNREACHABLE",
            $"PostgreSQL runs as '{Name}' because the service is root, and '{Name}' cannot reach {directory}" +
            (closed is null ? "." : $": {closed} is closed to others.") +
            $" Choose a directory that it can reach with --data (for example /var/lib/labeler)" +
            (closed is null ? "." : $", or allow passage with: chmod o+x {closed}"));
    }

    /// <summary>The directories above one, nearest first.</summary>
    private static IEnumerable<string> Ancestors(string directory)
    {
        for (var parent = Path.GetDirectoryName(directory); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            yield return parent;
        }
    }

    private static PostgresUser? Parse(string line) =>
        line.Split(':') is [var name, _, var user, var group, ..]
        && int.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)
        && int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var groupId)
            ? new PostgresUser(name, userId, groupId)
            : null;
}
