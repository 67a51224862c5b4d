using System.Diagnostics;
using System.Text;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>The client command line as a process, as scripts call it.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;
    private readonly TaskCompletionSource _spoke = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CliProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = ReadErrorAsync();
    }

    /// <summary>What a command did.</summary>
    internal sealed record Outcome(int ExitCode, string Output, string Error)
    {
        /// <summary>The output, of a command that must have succeeded.</summary>
        public string Succeeded()
        {
            Assert.True(ExitCode == 0, $"exit code {ExitCode}:\n{Error}\n{Output}");
            return Output;
        }
    }

    public int Id => _process.Id;

    /// <summary>Starts a command against a service; without one, commands that need none.</summary>
    public static CliProcess Start(RunningService? service, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Assemblies.Cli },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("LABELER_API_KEY");
        foreach (var (name, value) in Environment(service))
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new CliProcess(process);
    }

    /// <summary>What the launcher tells a command, and what tests need. Whoever runs them may have settings of their own.</summary>
    public static IReadOnlyDictionary<string, string> Environment(RunningService? service) => new Dictionary<string, string>
    {
        ["LABELER_CONFIG"] = "/dev/null",
        ["LABELER_PATIENCE"] = "30",
        ["LABELER_SERVER"] = service?.GrpcAddress ?? "",
        ["LABELER_SERVER_DLL"] = Assemblies.Server,
        ["LABELER_TRAINER_DLL"] = Assemblies.Trainer,
        ["LABELER_HOME"] = Assemblies.Repository,
    };

    /// <summary>Runs a command to its end.</summary>
    public static async Task<Outcome> RunAsync(RunningService? service, params string[] arguments)
    {
        await using var command = Start(service, arguments);
        return await command.WaitAsync();
    }

    /// <summary>Waits until it has said something on standard error: its first report of progress, say.</summary>
    public Task SpokeAsync() => _spoke.Task.WaitAsync(Limit);

    /// <summary>Waits for the end.</summary>
    public async Task<Outcome> WaitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(limit.Token);
        return new Outcome(_process.ExitCode, await _output, await _error);
    }

    private async Task<string> ReadErrorAsync()
    {
        var text = new StringBuilder();
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            text.Append(line).Append('\n');
            _spoke.TrySetResult();
        }

        _spoke.TrySetResult();
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
