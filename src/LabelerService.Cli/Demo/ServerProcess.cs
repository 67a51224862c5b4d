using System.Diagnostics;
using System.Runtime.InteropServices;
using LabelerService.Cli.Client;

namespace LabelerService.Cli.Demo;

/// <summary>A service of its own: the server's process with its trainer and an embedded PostgreSQL in a data folder.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private const int LogLines = 200;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(200);

    private readonly Process _process;
    private readonly LogTail _log;
    private readonly TimeProvider _time;
    private readonly int _httpPort;
    private readonly string _data;

    private ServerProcess(Process process, LogTail log, TimeProvider time, int httpPort, string data, Uri address)
    {
        _process = process;
        _log = log;
        _time = time;
        _httpPort = httpPort;
        _data = data;
        Address = address;
    }

    /// <summary>URL of the gRPC port.</summary>
    public Uri Address { get; }

    /// <summary>URL of the HTTP port.</summary>
    public Uri HttpAddress => new($"http://127.0.0.1:{_httpPort}");

    /// <summary>Id of the process.</summary>
    public int Id => _process.Id;

    /// <summary>The last lines the process wrote.</summary>
    public IReadOnlyList<string> Log => _log.Lines();

    /// <summary>Starts a server.</summary>
    /// <param name="assembly">Path of LabelerService.Server.dll.</param>
    /// <param name="data">Folder that PostgreSQL's data goes to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="postgres">Connection string of a PostgreSQL that runs already, which then takes no trainer; null starts one under the folder.</param>
    /// <param name="options">Further options of the server, which count more than those that follow from the others.</param>
    public static ServerProcess Start(string assembly, string data, TimeProvider time, string? postgres = null, params IReadOnlyList<string> options)
    {
        var (http, grpc) = FreePorts.Two();
        var start = new ProcessStartInfo(DotnetHost())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])[assembly, "--port", $"{http}", "--grpc-port", $"{grpc}", "--data", data, .. options])
        {
            start.ArgumentList.Add(argument);
        }

        // The demo is a world of its own: settings meant for a service that runs already stay out of it.
        foreach (var variable in start.Environment.Keys.Where(IsSetting).ToArray())
        {
            start.Environment.Remove(variable);
        }

        if (postgres is not null)
        {
            start.Environment["LABELER_POSTGRES"] = postgres;
            start.Environment["LABELER_TRAINERS"] = "0";
        }

        var log = new LogTail(LogLines);
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => log.Add(line.Data);
        process.ErrorDataReceived += (_, line) => log.Add(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ServerProcess(process, log, time, http, data, new Uri($"http://127.0.0.1:{grpc}"));
    }

    /// <summary>Waits until the service can work.</summary>
    /// <exception cref="CommandException">The process ended, or is not ready within two minutes.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var probe = new Uri($"http://127.0.0.1:{_httpPort}/readyz");
        while (_time.GetElapsedTime(start) < StartLimit)
        {
            if (_process.HasExited)
            {
                throw Failure($"the service ended with exit code {_process.ExitCode} before it was ready");
            }

            if (await IsReadyAsync(client, probe, cancellationToken))
            {
                return;
            }

            await Task.Delay(ProbeInterval, _time, cancellationToken);
        }

        throw Failure($"the service was not ready within {StartLimit.TotalMinutes:0} minutes");
    }

    /// <summary>Does work that needs the service, and gives it up at once when the process ends.</summary>
    /// <exception cref="CommandException">The process ended in the middle.</exception>
    public async Task<T> WhileRunningAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ended = _process.WaitForExitAsync(stop.Token);
        var worked = work(stop.Token);
        var first = await Task.WhenAny(worked, ended);
        if (first == worked || cancellationToken.IsCancellationRequested)
        {
            await stop.CancelAsync();
            return await worked;
        }

        await stop.CancelAsync();
        // What becomes of the work no longer matters, but it must not go on behind the message.
        await worked.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        throw Failure($"the service ended with exit code {_process.ExitCode} in the middle of the demo");
    }

    /// <summary>A failure of the service, with the end of its log.</summary>
    public CommandException Failure(string what)
    {
        const int shown = 40;
        var lines = Log;
        var tail = lines.Count == 0 ? "it wrote no log" : $"the end of its log:\n{string.Join('\n', lines.TakeLast(shown))}";
        return new CommandException($"{what}; {tail}");
    }

    /// <summary>Stops the process cleanly; one that does not stop within 40 seconds is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, SigTerm);
            using var limit = new CancellationTokenSource(StopLimit, _time);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        await StopOrphanedDatabaseAsync();
        _process.Dispose();
    }

    // A server that was killed leaves its PostgreSQL behind, which would keep running without a folder.
    private async Task StopOrphanedDatabaseAsync()
    {
        using var limit = new CancellationTokenSource(StopLimit, _time);
        foreach (var lockFile in Directory.GetDirectories(_data).Select(folder => Path.Combine(folder, "postmaster.pid")))
        {
            if (File.Exists(lockFile) && int.TryParse(File.ReadLines(lockFile).FirstOrDefault(), out var postmaster) && Kill(postmaster, SigInt) == 0)
            {
                while (File.Exists(lockFile) && Kill(postmaster, 0) == 0)
                {
                    await Task.Delay(ProbeInterval, _time, limit.Token);
                }
            }
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, Uri probe, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(probe, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Nobody listens yet.
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static bool IsSetting(string variable) =>
        variable == "ASPNETCORE_URLS"
        || (variable.StartsWith("LABELER_", StringComparison.Ordinal) && variable is not ("LABELER_HOME" or "LABELER_SERVER_DLL" or "LABELER_TRAINER_DLL"));

    private static string DotnetHost() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    // Process.Kill sends SIGKILL, which would leave PostgreSQL to recover and the trainer's run to be leased again.
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
