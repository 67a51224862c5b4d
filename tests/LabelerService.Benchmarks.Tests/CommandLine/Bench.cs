using System.Text.Json;
using LabelerService.Benchmarks.CommandLine;

namespace LabelerService.Benchmarks.Tests.CommandLine;

/// <summary>Runs benches in process and keeps what they wrote.</summary>
internal static class Bench
{
    internal sealed record Outcome(int ExitCode, string Output, string Error)
    {
        public JsonElement Document => JsonDocument.Parse(Output).RootElement;

        public double Figure(string name) => Document.GetProperty("figures").GetProperty(name).GetDouble();
    }

    public static async Task<Outcome> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await BenchCommandLine.RunAsync(arguments, new BenchHost(output, error, TimeProvider.System, _ => null));
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }
}
