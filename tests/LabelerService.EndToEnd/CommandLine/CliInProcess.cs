using LabelerService.Cli.Commands;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>
/// The client command line within the test's process: everything but the process itself, which takes most of a second of a core to start.
/// For tests of what commands do to a service; those of processes (signals, pipes, the launcher) use <see cref="CliProcess"/>.
/// </summary>
internal static class CliInProcess
{
    /// <summary>Runs a command to its end against a service; without one, commands that need none.</summary>
    public static async Task<CliProcess.Outcome> RunAsync(RunningService? service, params string[] arguments)
    {
        var environment = CliProcess.Environment(service);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CommandHost(output, error, TimeProvider.System, name => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null);
        var code = await CommandLineApp.RunAsync(arguments, host);
        return new CliProcess.Outcome(code, output.ToString(), error.ToString());
    }
}
