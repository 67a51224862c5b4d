using System.Globalization;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Embedded;

/// <summary>The PostgreSQL programs of this machine.</summary>
/// <param name="Directory">Folder of initdb, pg_ctl and postgres.</param>
/// <param name="Major">Major version, e.g. 17.</param>
internal sealed record PostgresBinaries(string Directory, int Major)
{
    /// <summary>Oldest major version that works.</summary>
    public const int OldestMajor = 15;

    private const string Variable = "LABELER_POSTGRES_BIN";
    private const string DebianRoot = "/usr/lib/postgresql";

    public string InitDb => Path.Combine(Directory, "initdb");

    public string PgCtl => Path.Combine(Directory, "pg_ctl");

    /// <summary>
    /// Finds the newest usable version: in LABELER_POSTGRES_BIN if that is set (and then nowhere else), else on the PATH and under
    /// /usr/lib/postgresql. An existing cluster needs the programs of its own major version.
    /// </summary>
    /// <param name="clusterMajor">Major version of an existing cluster; null for a new one.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">FailedPrecondition: none found; the message says what to install.</exception>
    public static async Task<PostgresBinaries> FindAsync(int? clusterMajor, CancellationToken cancel)
    {
        var found = new List<PostgresBinaries>();
        foreach (var directory in Candidates())
        {
            if (await TryAsync(directory, cancel) is { } binaries)
            {
                found.Add(binaries);
            }
        }

        var usable = found.Where(binaries => binaries.Major >= OldestMajor && (clusterMajor is null || binaries.Major == clusterMajor))
            .OrderByDescending(binaries => binaries.Major).FirstOrDefault();
        if (usable is not null)
        {
            return usable;
        }

        var versions = found.Count == 0 ? "none" : string.Join(", ", found.Select(binaries => $"{binaries.Major} in {binaries.Directory}"));
        throw new ServiceException(
            ErrorKind.FailedPrecondition, "POSTGRES_BINARIES_MISSING",
            clusterMajor is { } major
                ? $"The data was written by PostgreSQL {major}, whose programs are not here (found: {versions}). Install postgresql-{major}, " +
                  $"or set {Variable} to their folder."
                : $"PostgreSQL {OldestMajor} or newer is not here (found: {versions}). Install it (apt-get install postgresql), set {Variable} " +
                  "to the folder of initdb and pg_ctl, or use an existing server with --postgres.");
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
        {
            return [chosen];
        }

        var debian = System.IO.Directory.Exists(DebianRoot)
            ? System.IO.Directory.EnumerateDirectories(DebianRoot).Select(version => Path.Combine(version, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(path.Where(Path.IsPathFullyQualified)).Distinct();
    }

    private static async Task<PostgresBinaries?> TryAsync(string directory, CancellationToken cancel)
    {
        var pgCtl = Path.Combine(directory, "pg_ctl");
        if (!File.Exists(pgCtl))
        {
            return null;
        }

        // A link on the PATH leads to the folder that has the other programs too.
        var real = File.ResolveLinkTarget(pgCtl, returnFinalTarget: true)?.FullName ?? pgCtl;
        directory = Path.GetDirectoryName(real) ?? directory;
        if (!File.Exists(Path.Combine(directory, "initdb")) || !File.Exists(Path.Combine(directory, "postgres")))
        {
            return null;
        }

        var version = await ProcessRunner.RunAsync(null, real, ["--version"], cancel);

        // "pg_ctl (PostgreSQL) 15.10 (Debian 15.10-0+deb12u1)", or "18beta1".
        var text = version.Output.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(word => word != "(PostgreSQL)").Skip(1).FirstOrDefault();
        var digits = new string([.. (text ?? "").TakeWhile(char.IsAsciiDigit)]);
        return version.ExitCode == 0 && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? new PostgresBinaries(directory, major)
            : null;
    }
}
