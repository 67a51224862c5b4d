using System.Globalization;

namespace LabelerService.Storage.Embedded;

/// <summary>Looks at a postmaster through /proc: it is not our child, and its number may by now be another program's.</summary>
internal static class PostmasterProcess
{
    /// <summary>Whether a process runs that works in the given data directory. A postmaster's working directory always is its own.</summary>
    public static bool Serves(int pid, string data)
    {
        var process = $"/proc/{pid}";
        return IsRunning(pid)
            && (WorkingDirectory(process) is { } directory ? IsSame(directory, data) : IsHidden() && IsPostmasterOf(CommandLine(process), data));
    }

    /// <summary>
    /// Whether any process, postmaster or session, works in the given data directory; also true if an orphaned session is about that may.
    /// </summary>
    public static bool AnyServes(string data) => Directory.EnumerateDirectories("/proc")
        .Where(process => int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Any(process => WorkingDirectory(process) is { } directory
            ? IsSame(directory, data)
            : IsHidden() && CommandLine(process) is var command && (IsPostmasterOf(command, data) || IsOrphan(process, command)));

    /// <summary>Whether a process of this number runs; a dead one that nobody has waited for (a zombie) does not.</summary>
    public static bool IsRunning(int pid) => Status($"/proc/{pid}") is [not ("Z" or "X"), ..];

    /// <summary>Whether a process of this number is there, if only as a zombie: PostgreSQL takes it for the one of its pid file.</summary>
    public static bool Exists(int pid) => Directory.Exists($"/proc/{pid}");

    /// <summary>Whether a command line is that of the postmaster of a data directory.</summary>
    /// <param name="command">Arguments, each ended by a zero, as in /proc.</param>
    /// <param name="data">Data directory.</param>
    internal static bool IsPostmasterOf(string command, string data)
    {
        var arguments = command.Split('\0');
        var directory = Array.IndexOf(arguments, "-D") + 1;
        return Path.GetFileName(arguments[0]) == "postgres" && directory > 0 && directory < arguments.Length && IsSame(arguments[directory], data);
    }

    // A session names its work, not its directory ("postgres: checkpointer"), but while its postmaster lives, that one tells.
    private static bool IsOrphan(string process, string command) =>
        command.StartsWith("postgres: ", StringComparison.Ordinal)
        && Status(process) is [_, var parent, ..]
        && Path.GetFileName(CommandLine($"/proc/{parent}").Split('\0')[0]) != "postgres";

    // Root in a container (no CAP_SYS_PTRACE) may not see where another account's process works, only its command line. Everyone else
    // runs the cluster as themselves and sees it: what they cannot see is not theirs.
    private static bool IsHidden() => Environment.IsPrivilegedProcess;

    private static bool IsSame(string left, string right) => Path.TrimEndingDirectorySeparator(left) == Path.TrimEndingDirectorySeparator(right);

    // Null for a process that is gone or whose directory this account may not see.
    private static string? WorkingDirectory(string process)
    {
        try
        {
            return new FileInfo($"{process}/cwd").LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // State, parent, …: what follows "pid (name) " in stat. The name may hold parentheses itself.
    private static string[] Status(string process)
    {
        var stat = Read($"{process}/stat");
        return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string CommandLine(string process) => Read($"{process}/cmdline");

    // Empty for a process that is gone.
    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
