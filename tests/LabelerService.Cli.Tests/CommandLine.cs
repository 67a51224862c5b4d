using LabelerService.Cli.Commands;

namespace LabelerService.Cli.Tests;

/// <summary>Runs command lines in process and keeps what they wrote.</summary>
internal static class CommandLine
{
    /// <summary>What a command line did.</summary>
    internal sealed record Outcome(int ExitCode, string Output, string Error);

    /// <summary>Runs a command line split at spaces; no environment variable is set.</summary>
    public static Task<Outcome> RunAsync(string line) => RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Runs a command line.</summary>
    public static async Task<Outcome> RunAsync(string[] arguments, Dictionary<string, string>? environment = null, string input = "", CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CommandHost(output, error, TimeProvider.System, name => environment?.GetValueOrDefault(name)) { Input = () => new StringReader(input) };
        var exitCode = await CommandLineApp.RunAsync(arguments, host, cancellationToken);
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }
}
