using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using LabelerService.Benchmarks.Aggregate;
using LabelerService.Benchmarks.Capacity;
using LabelerService.Benchmarks.Curves;
using LabelerService.Benchmarks.Images;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Models;
using LabelerService.Benchmarks.Next;
using LabelerService.Benchmarks.Noise;
using LabelerService.Benchmarks.Pages;
using LabelerService.Benchmarks.Predict;
using LabelerService.Benchmarks.Pretrain;
using LabelerService.Benchmarks.Quantized;
using LabelerService.Benchmarks.Rolling;
using LabelerService.Benchmarks.Soak;
using LabelerService.Benchmarks.Speed;

namespace LabelerService.Benchmarks.CommandLine;

/// <summary>The command line of <c>./labeler bench</c>.</summary>
internal static class BenchCommandLine
{
    /// <summary>All benches. A new one is a file with a <c>Create</c> and a line here.</summary>
    public static Command Create(BenchHost host)
    {
        var root = new Command("bench", "Measures LabelerService. Results go to standard output, progress to standard error.")
        {
            host.Json, host.Threads, host.Data,
            AggregateBench.Create(host),
            CapacityBench.Create(host),
            CurveBench.Create(host),
            ImagesBench.Create(host),
            IngestBench.Create(host),
            ModelsBench.Create(host),
            NextBench.Create(host),
            NoiseBench.Create(host),
            PagesBench.Create(host),
            PredictBench.Create(host),
            PretrainBench.Create(host),
            QuantizedBench.Create(host),
            RollingBench.Create(host),
            SoakBench.Create(host),
            TrainBench.Create(host),
        };
        root.Options.Add(new HelpOption { Recursive = true });
        return root;
    }

    /// <summary>Runs a command line.</summary>
    /// <returns>0 done, 1 failed, 2 wrong usage.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, BenchHost host, CancellationToken cancellationToken = default)
    {
        var root = Create(host);
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count == 0 || parsed.Action is HelpAction)
        {
            var invocation = new InvocationConfiguration { Output = host.Output, Error = host.ErrorOutput, EnableDefaultExceptionHandler = false };
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }

        if (parsed.CommandResult.Command == root)
        {
            var given = arguments.FirstOrDefault(argument => !argument.StartsWith('-'));
            await host.ErrorOutput.WriteLineAsync(given is null ? "bench: which one?" : $"bench: there is no bench \"{given}\"");
            foreach (var bench in root.Subcommands)
            {
                await host.ErrorOutput.WriteLineAsync($"  ./labeler bench {bench.Name,-10} {bench.Description}");
            }
        }
        else
        {
            await host.ErrorOutput.WriteLineAsync($"bench: {string.Join("; ", parsed.Errors.Select(Describe).Distinct())}");
            await host.ErrorOutput.WriteLineAsync($"see ./labeler bench {parsed.CommandResult.Command.Name} --help");
        }

        return BenchHost.WrongUsage;
    }

    private static string Describe(ParseError error) => error.Message.TrimEnd('.');
}
