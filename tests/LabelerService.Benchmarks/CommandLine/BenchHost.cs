using System.CommandLine;
using Grpc.Core;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Cli.Client;
using LabelerService.Core.Errors;
using Npgsql;

namespace LabelerService.Benchmarks.CommandLine;

/// <summary>What all benches share: options, where output goes, and how a failure becomes a message and an exit code.</summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="time">The clock.</param>
/// <param name="environment">Reads environment variables.</param>
internal sealed class BenchHost(TextWriter output, TextWriter error, TimeProvider time, Func<string, string?> environment)
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    public TextWriter Output => output;

    public TextWriter ErrorOutput => error;

    public TimeProvider Time => time;

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Standard output carries exactly one JSON document, with `figures`",
        Recursive = true,
    };

    public Option<int> Threads { get; } = new("--threads")
    {
        Description = "Threads of libtorch; nets this small gain nothing from more than one",
        HelpName = "NUMBER",
        DefaultValueFactory = _ => 1,
        Recursive = true,
    };

    public Option<string?> Data { get; } = new("--data")
    {
        Description = "Folder of the public data sets [default: LABELER_BENCH_DATA, or shared/data beside the repository]",
        HelpName = "DIR",
        Recursive = true,
    };

    /// <summary>Reads an environment variable; null where it is not set or empty.</summary>
    public string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;

    /// <summary>Gives a bench its action, which fills in the result.</summary>
    public void Handle(Command command, Action<BenchRun, CancellationToken> action) => Handle(command, (run, cancellationToken) =>
    {
        action(run, cancellationToken);
        return Task.CompletedTask;
    });

    /// <summary>Gives a bench that waits for others (a service, a database) its action, which fills in the result.</summary>
    public void Handle(Command command, Func<BenchRun, CancellationToken, Task> action) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(command.Name, parsed, action, cancellationToken));

    private async Task<int> RunAsync(
        string name, ParseResult parsed, Func<BenchRun, CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        try
        {
            var threads = parsed.GetValue(Threads);
            if (threads is < 1 or > 1024)
            {
                throw new BenchUsageException($"--threads {threads} is not a number of threads");
            }

            TorchSharp.torch.set_num_threads(threads);
            var result = new BenchResult(name);
            result.Settings["threads"] = threads;
            result.Settings["cores"] = Environment.ProcessorCount;
            await action(new BenchRun(this, parsed, result), cancellationToken);
            result.Write(output, parsed.GetValue(Json));
            foreach (var failure in result.Failures)
            {
                await error.WriteLineAsync($"bench: failed: {failure.What}: {failure.Reason}");
            }

            return result.Failures.Count == 0 ? Done : Failed;
        }
        catch (BenchUsageException exception)
        {
            await error.WriteLineAsync($"bench: {exception.Message}");
            return WrongUsage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("bench: cancelled");
        }
        catch (Exception exception) when (exception is IOException or FormatException or ServiceException or CommandException
            or UnauthorizedAccessException or RpcException or NpgsqlException)
        {
            await error.WriteLineAsync($"bench: {exception.Message}");
        }

        return Failed;
    }
}

/// <summary>The command line cannot be meant so; the text says what would be right.</summary>
internal sealed class BenchUsageException(string message) : Exception(message);

/// <summary>One run of a bench: its options, its result, and what it says meanwhile.</summary>
internal sealed class BenchRun(BenchHost host, ParseResult parsed, BenchResult result)
{
    public BenchHost Host => host;

    public TimeProvider Time => host.Time;

    public BenchResult Result => result;

    /// <summary>Value of an option that has one, by default or because it is required.</summary>
    public T Get<T>(Option<T> option) => parsed.GetValue(option)!;

    /// <summary>Says on standard error where the bench stands.</summary>
    public void Note(string text) => host.ErrorOutput.WriteLine($"bench: {text}");
}
