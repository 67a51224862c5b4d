using System.Globalization;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Diagnosis;

/// <summary>Looks at what this machine has of what a service needs. Changes nothing, and needs none of it itself.</summary>
/// <param name="root">The file system's root; another one in tests.</param>
/// <param name="variable">Reads an environment variable.</param>
/// <param name="servesHere">Whether the service is to run on this machine and does not yet: then what it needs must be here.</param>
internal sealed class MachineChecks(string root, Func<string, string?> variable, bool servesHere)
{
    private const int OldestPostgres = 15;
    private const long Gibi = 1L << 30;
    private const int HttpPort = 8080;
    private const string SymbolOfGcc13 = "GLIBCXX_3.4.32";

    private static readonly string[] LibraryFolders = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib64", "lib64", "usr/lib"];
    private static readonly string[] Certificates = ["etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt"];

    private readonly Programs _programs = new(variable("PATH") ?? "");

    // What is missing is a problem only where it is needed.
    private FindingLevel Lack => servesHere ? FindingLevel.Problem : FindingLevel.Note;

    /// <summary>Looks at everything.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken) =>
    [
        Platform(),
        Dotnet(),
        Tls(),
        StandardLibrary(),
        await PostgresAsync(cancellationToken),
        await DockerAsync(cancellationToken),
        Chromium(),
        Disk(),
        Memory(),
        .. servesHere ? Ports() : [],
    ];

    private static Finding Platform()
    {
        var here = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}";
        return OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64
            ? new Finding("platform", FindingLevel.Ok, here)
            : new Finding("platform", FindingLevel.Warning, $"{here}: server and trainer run on Linux x86-64", "run the service there, or in a container; commands work here");
    }

    private Finding Dotnet()
    {
        const string fix = "install dotnet-sdk-10.0 (apt-get install dotnet-sdk-10.0, or https://learn.microsoft.com/dotnet/core/install/linux)";
        var roots = new[] { variable("DOTNET_ROOT"), Path.GetDirectoryName(Resolve(_programs.Find("dotnet"))), InHome(".dotnet"), At("usr/share/dotnet"), At("usr/lib/dotnet") };
        var found = roots.OfType<string>().Distinct().SelectMany(folder => Folders(Path.Combine(folder, "sdk"))).Select(Path.GetFileName).OfType<string>().ToArray();
        // global.json asks for 10.0.1xx or a newer feature band.
        var usable = found.Where(version => Version.TryParse(version, out var parsed) && parsed is { Major: 10, Minor: 0, Build: >= 100 }).ToArray();
        return usable.Length > 0 ? new Finding(".NET SDK", FindingLevel.Ok, $"{string.Join(", ", usable)}; running on {RuntimeInformation.FrameworkDescription}")
            : new Finding(".NET SDK", Lack, found.Length == 0 ? "not found" : $"only {string.Join(", ", found)}; 10.0 is needed to build and run", fix);
    }

    private Finding Tls()
    {
        var ssl = Library("libssl.so.*");
        var authorities = Certificates.FirstOrDefault(file => File.Exists(At(file)));
        return ssl is not null && authorities is not null ? new Finding("TLS", FindingLevel.Ok, $"{Path.GetFileName(ssl)}, /{authorities}")
            : new Finding("TLS", FindingLevel.Problem, ssl is null ? "OpenSSL is missing: https servers and downloads do not work" : "no certificates of authorities: https servers are not trusted",
                "apt-get install ca-certificates");
    }

    private Finding StandardLibrary()
    {
        const string check = "libstdc++";
        const string fix = "`./labeler serve` installs it on Debian and Ubuntu; else take the libstdc++6 of GCC 13 or newer from the system's packages";
        if (Library("libstdc++.so.6") is not { } file)
        {
            return new Finding(check, Lack, "not found; libtorch (training) and ONNX Runtime (predictions) need it", fix);
        }

        return File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(SymbolOfGcc13)) >= 0
            ? new Finding(check, FindingLevel.Ok, $"{file} has {SymbolOfGcc13}")
            : new Finding(check, Lack, $"{file} is older than GCC 13 ({SymbolOfGcc13} is missing); libtorch cannot be loaded", fix);
    }

    private async Task<Finding> PostgresAsync(CancellationToken cancellationToken)
    {
        const string check = "PostgreSQL";
        var chosen = variable("LABELER_POSTGRES_BIN");
        var folders = chosen is not null ? [chosen]
            : Folders(At("usr/lib/postgresql")).Select(folder => Path.Combine(folder, "bin"))
                .Append(Path.GetDirectoryName(Resolve(_programs.Find("pg_ctl"))) ?? "");
        var found = new List<(int Major, string Folder)>();
        foreach (var folder in folders.Where(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"))).Distinct())
        {
            var said = await Programs.AskAsync(Path.Combine(folder, "postgres"), ["--version"], cancellationToken) ?? "";
            var digits = string.Concat(said.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit));
            found.Add((int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0, folder));
        }

        var best = found.OrderByDescending(entry => entry.Major).FirstOrDefault();
        if (best.Major >= OldestPostgres)
        {
            return new Finding(check, FindingLevel.Ok, $"{best.Major} in {best.Folder}");
        }

        return variable("LABELER_POSTGRES") is not null
            ? new Finding(check, FindingLevel.Ok, "no programs here, and none needed: LABELER_POSTGRES names a server")
            : new Finding(check, Lack, best.Folder is null ? "its programs are not found; the service keeps its data in a cluster of its own" : $"{best.Major} in {best.Folder} is too old",
                $"`./labeler serve` installs it on Debian and Ubuntu (apt-get install postgresql); or give --postgres a server of version {OldestPostgres} or newer");
    }

    private async Task<Finding> DockerAsync(CancellationToken cancellationToken)
    {
        const string check = "Docker (optional)";
        if (_programs.Find("docker") is not { } docker)
        {
            return new Finding(check, FindingLevel.Note, "not found; only `docker compose up` and tests on containers need it");
        }

        return await Programs.AskAsync(docker, ["version", "--format", "{{.Server.Version}}"], cancellationToken) is { } version
            ? new Finding(check, FindingLevel.Ok, version)
            : new Finding(check, FindingLevel.Note, "its daemon does not answer; only `docker compose up` and tests on containers need it",
                "start the daemon (systemctl start docker), or join the group that may use it");
    }

    private Finding Chromium() => _programs.Find("chromium", "chromium-browser", "google-chrome") is { } browser
        ? new Finding("Chromium (optional)", FindingLevel.Ok, browser)
        : new Finding("Chromium (optional)", FindingLevel.Note, "not found; only the browser tests of this repository need it", "apt-get install chromium");

    private Finding Disk()
    {
        var data = variable("LABELER_DATA") ?? (Environment.IsPrivilegedProcess ? "/var/lib/labeler"
            : Path.Combine(variable("XDG_DATA_HOME") ?? InHome(".local/share") ?? "/", "labeler"));
        var folder = Path.GetFullPath(data);
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var free = new DriveInfo(folder).AvailableFreeSpace;
        var detail = $"{ByteText.Of(free)} free for the service's data in {data}";
        const string fix = "free some, or keep the data elsewhere: `labeler serve --data DIR`";
        return free < Gibi ? new Finding("disk", servesHere ? FindingLevel.Problem : FindingLevel.Warning, detail, fix)
            : free < 5 * Gibi ? new Finding("disk", FindingLevel.Warning, detail, fix)
            : new Finding("disk", FindingLevel.Ok, detail);
    }

    private Finding Memory()
    {
        var file = At("proc/meminfo");
        var available = File.Exists(file)
            ? File.ReadLines(file).Where(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal))
                .Select(line => long.Parse(string.Concat(line.Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture) << 10).DefaultIfEmpty(-1).First()
            : -1;
        if (available < 0)
        {
            return new Finding("memory", FindingLevel.Note, "the system does not say how much is available");
        }

        // A container may have less than the machine.
        available = Math.Min(available, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        return available < Gibi
            ? new Finding("memory", FindingLevel.Warning, $"{ByteText.Of(available)} available; server, trainer and PostgreSQL take about 1 GiB together", "stop other programs, or use a larger machine")
            : new Finding("memory", FindingLevel.Ok, $"{ByteText.Of(available)} available");
    }

    private static IEnumerable<Finding> Ports()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        foreach (var (port, use) in ((int, string)[])[(HttpPort, "HTTP"), (HttpPort + 1, "gRPC")])
        {
            yield return taken.Contains(port)
                ? new Finding($"port {port}", FindingLevel.Problem, $"another program listens there; `labeler serve` wants it for {use}",
                    $"see which with `ss -ltnp 'sport = :{port}'`, or use others: `labeler serve --port 9000`, then --server http://localhost:9001")
                : new Finding($"port {port}", FindingLevel.Ok, $"free for {use}");
        }
    }

    private string? InHome(string folder) => variable("HOME") is { Length: > 0 } home ? Path.Combine(home, folder) : null;

    private string At(string path) => Path.Combine(root, path);

    private string? Library(string pattern) => LibraryFolders.Select(At).Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern)).FirstOrDefault();

    private static IEnumerable<string> Folders(string folder) => Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [];

    private static string? Resolve(string? link) => link is null ? null : File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName ?? link;
}
