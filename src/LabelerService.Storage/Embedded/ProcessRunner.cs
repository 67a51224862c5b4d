using System.Diagnostics;
using System.Text;

namespace LabelerService.Storage.Embedded;

/// <summary>What a program said and how it ended.</summary>
/// <param name="ExitCode">Exit code.</param>
/// <param name="Output">Standard output and standard error.</param>
internal sealed record ProcessResult(int ExitCode, string Output);

/// <summary>Runs short programs to their end. The only place that starts processes.</summary>
internal static class ProcessRunner
{
    /// <summary>Runs a program; a cancelled one is killed.</summary>
    /// <param name="user">Account to run as; null for the account of this process.</param>
    /// <param name="program">Full path.</param>
    /// <param name="arguments">Arguments, passed on as they are, without a shell.</param>
    /// <param name="cancel">Kills the program.</param>
    public static async Task<ProcessResult> RunAsync(
        PostgresUser? user, string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var (file, all) = user is null ? (program, arguments) : user.Wrap(program, arguments);
        var start = new ProcessStartInfo(file, all)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,

            // The caller's directory may be closed to the other account.
            WorkingDirectory = "/",
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = new StringBuilder();
        var copies = Task.WhenAll(CopyAsync(process.StandardOutput, output), CopyAsync(process.StandardError, output));
        try
        {
            await process.WaitForExitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        await copies;
        return new ProcessResult(process.ExitCode, output.ToString().Trim());
    }

    private static async Task CopyAsync(StreamReader reader, StringBuilder output)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }
}
