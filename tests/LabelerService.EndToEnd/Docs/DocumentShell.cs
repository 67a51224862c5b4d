using System.Diagnostics;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Docs;

/// <summary>
/// The shell of somebody who follows a page: in the project's folder, beside a running service. It is a folder with links to what the repository
/// has, so that commands find it and what they write stays out of it; <c>./labeler</c> there is the built command line.
/// </summary>
internal sealed class DocumentShell : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    // What a checkout has and a user's folder need not.
    private static readonly string[] Hidden = ["labeler", "artifacts", ".git"];

    private readonly RunningService _service;
    private readonly string _folder = Directory.CreateTempSubdirectory("labeler-docs-").FullName;

    private DocumentShell(RunningService service) => _service = service;

    /// <summary>What a block did.</summary>
    internal sealed record Outcome(int ExitCode, string Output, string Error);

    /// <summary>Starts a service in an empty folder.</summary>
    public static async Task<DocumentShell> StartAsync()
    {
        var shell = new DocumentShell(await RunningService.StartAsync());
        foreach (var entry in Directory.GetFileSystemEntries(Assemblies.Repository))
        {
            var name = Path.GetFileName(entry);
            if (!Hidden.Contains(name))
            {
                Directory.CreateSymbolicLink(Path.Combine(shell._folder, name), entry);
            }
        }

        var launcher = Path.Combine(shell._folder, "labeler");
        await File.WriteAllTextAsync(launcher, $"#!/bin/sh\nexec dotnet '{Assemblies.Cli}' \"$@\"\n");
        File.SetUnixFileMode(launcher, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return shell;
    }

    /// <summary>Runs the commands of a block: each must succeed for the next to run, and variables live on into the next block.</summary>
    public async Task<Outcome> RunAsync(string commands)
    {
        // The page's addresses are those of a service that was started without options.
        var here = commands.Replace("localhost:8080", $"localhost:{_service.Port}", StringComparison.Ordinal)
            .Replace("localhost:8081", $"localhost:{_service.Port + 1}", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash")
        {
            ArgumentList = { "-c", $"set -eo pipefail\n[ ! -f .variables ] || . ./.variables\n{here}\nexport -p > .variables" },
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("LABELER_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LABELER_SERVER"] = _service.GrpcAddress;
        start.Environment["LABELER_HTTP"] = _service.HttpAddress;
        start.Environment["LABELER_HOME"] = Assemblies.Repository;
        start.Environment["LABELER_SERVER_DLL"] = Assemblies.Server;
        start.Environment["LABELER_TRAINER_DLL"] = Assemblies.Trainer;

        // What a user has set stays out of it.
        start.Environment["XDG_CONFIG_HOME"] = Path.Combine(_folder, ".config");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The commands were not done within {Limit}:\n{here}", late);
        }

        return new Outcome(process.ExitCode, await output, await error);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
