using System.Diagnostics;

namespace LabelerService.Cli.Tests;

/// <summary>Runs programs as a person's shell does: behind a pipe, or on a pseudo-terminal of util-linux's <c>script</c>.</summary>
internal static class Shell
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The command line's own assembly, to be run by <c>dotnet</c>.</summary>
    public static string Cli { get; } = Path.Combine(AppContext.BaseDirectory, "LabelerService.Cli.dll");

    /// <summary>What a command shows on a terminal, both of its streams.</summary>
    public static Task<string> OnTerminalAsync(string command, Dictionary<string, string> environment) =>
        RunAsync("script", ["--quiet", "--return", "--command", command, "/dev/null"], environment);

    /// <summary>What a script of bash prints; its errors too.</summary>
    public static Task<string> BashAsync(string script, Dictionary<string, string> environment) =>
        RunAsync("bash", ["--norc", "--noprofile", "-c", script], environment);

    private static async Task<string> RunAsync(string program, string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["LABELER_CONFIG"] = "/dev/null";
        start.Environment.Remove("LABELER_SERVER");
        start.Environment.Remove("LABELER_API_KEY");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return output + await error;
    }
}
