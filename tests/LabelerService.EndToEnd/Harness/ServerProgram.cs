using System.Diagnostics;

namespace LabelerService.EndToEnd.Harness;

/// <summary>Commands of the server's program beside serving, each in a process of its own.</summary>
internal static class ServerProgram
{
    /// <summary>Runs a command to its end; output is what it wrote on both streams.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await RunApartAsync(arguments);
        return (exitCode, output + error);
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunApartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Assemblies.Server, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Remove("LABELER_POSTGRES");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
