using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Demo;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary><c>demo</c>: the main job on real data, on a service of its own.</summary>
internal static class DemoCommand
{
    private const int MaximumSeeds = 100;

    public static Command Create(CommandHost host)
    {
        var seed = new Option<long>("--seed") { Description = "Seed of the training", HelpName = "NUMBER", DefaultValueFactory = _ => 1 };
        var seeds = new Option<long[]>("--seeds")
        {
            Description = "Several seeds, for example 1-5 or 1,4,9: the table has means and standard deviations",
            HelpName = "FROM-TO",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => CommonArguments.Parse(
                result, ParseSeeds, $"seeds are FROM-TO or a list with commas, at most {MaximumSeeds}, from 0 up"),
        };
        var keep = new Option<bool>("--keep") { Description = "Keep the data folder and say where it is" };
        var command = new Command(
            "demo", "Start a service of its own, ingest the LabelMe sample, train BN, DN and WDN, and show who said what (under 3 minutes)")
        {
            seed, seeds, keep,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(seeds) is { Implicit: false } && result.GetResult(seed) is { Implicit: false })
            {
                result.AddError("--seed and --seeds exclude each other");
            }
        });
        host.Handle(command, (run, cancellationToken) =>
            RunAsync(run, run.Has(seeds) ? run.Get(seeds) : [run.Get(seed)], run.Get(keep), cancellationToken));
        HelpWithExamples.Add(command, "labeler demo", "labeler demo --json", "labeler demo --seeds 1-5");
        return command;
    }

    /// <summary>Reads <c>1-5</c> or <c>1,4,9</c>; null if it is neither.</summary>
    internal static long[]? ParseSeeds(string text)
    {
        if (text.Split('-') is [var from, var to] && TryParse(from, out var first) && TryParse(to, out var last))
        {
            return last >= first && last - first < MaximumSeeds ? [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => first + i)] : null;
        }

        var parts = text.Split(',');
        var seeds = parts.Select(part => TryParse(part, out var value) ? value : -1).Distinct().ToArray();
        return parts.Length is > 0 and <= MaximumSeeds && seeds.Length == parts.Length && !seeds.Contains(-1) ? seeds : null;

        static bool TryParse(string part, out long value) => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static async Task RunAsync(CommandRun run, long[] seeds, bool keep, CancellationToken cancellationToken)
    {
        var start = run.Time.GetTimestamp();
        var sample = new DemoSample(ServerLocator.Sample("labelme", run.Host.Variable), run.Time);
        var assembly = ServerLocator.Server(run.Host.Variable);
        DemoResult result;
        using (var folder = new TemporaryFolder(keep))
        {
            run.Terminal.Note("starting a service of its own with an embedded PostgreSQL");
            await using var server = ServerProcess.Start(assembly, folder.Path, run.Time);
            await server.WaitUntilReadyAsync(cancellationToken);
            run.Terminal.Note($"the service is ready at {server.Address} after {run.Time.GetElapsedTime(start).TotalSeconds:0.0} s");
            using var connection = new ServiceConnection(new ConnectionSettings(server.Address), run.Time);
            try
            {
                var demo = new DemoRunner(connection, run.Terminal, run.Time);
                result = await server.WhileRunningAsync(token => demo.RunAsync(sample, seeds, token), cancellationToken);
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                var failure = ServiceFailure.Of(exception, server.Address);
                throw server.Failure($"the service answered {failure.Code}: {failure.Message}");
            }

            if (keep)
            {
                run.Terminal.Note($"the data is kept in {folder.Path}");
            }
        }

        var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
        run.Terminal.Result(DemoReport.Document(result, seconds), console => DemoReport.Show(result, seconds, console));
    }
}
