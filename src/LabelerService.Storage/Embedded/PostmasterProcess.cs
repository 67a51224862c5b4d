using System.Globalization;

namespace LabelerService.Storage.Embedded;

/// <summary>Looks at a postmaster through /proc: it is not our child, and its number may by now be another program's.</summary>
internal static class PostmasterProcess
{
    /// <summary>Whether a process runs that works in the given data directory. A postmaster's working directory always is its own.</summary>
    public static bool Serves(int pid, string data) => IsRunning(pid) && WorksIn($"/proc/{pid}", data);

    /// <summary>Whether any process, postmaster or session, works in the given data directory.</summary>
    public static bool AnyServes(string data) => Directory.EnumerateDirectories("/proc")
        .Any(process => int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out _) && WorksIn(process, data));

    /// <summary>Whether a process of this number runs; a dead one that nobody has waited for (a zombie) does not.</summary>
    public static bool IsRunning(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");

            // pid (name) state …; the name may hold parentheses itself.
            var end = stat.LastIndexOf(')');
            return end + 2 < stat.Length && stat[end + 2] is not ('Z' or 'X');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool WorksIn(string process, string data)
    {
        try
        {
            return new FileInfo($"{process}/cwd").LinkTarget is { } directory
                && Path.TrimEndingDirectorySeparator(directory) == Path.TrimEndingDirectorySeparator(data);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or another account's: not a cluster of ours.
            return false;
        }
    }
}
