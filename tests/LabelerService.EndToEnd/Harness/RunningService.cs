using System.Diagnostics;
using System.Net;
using Grpc.Net.Client;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.Harness;

/// <summary>
/// The real service as a user runs it: the server's process with its embedded PostgreSQL and its trainer, in a directory of its own.
/// </summary>
public sealed class RunningService : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);
    private readonly string[] _extraArguments;
    private readonly bool _ownsDirectory;
    private Process? _process;
    private StringWriter _log = new();

    private RunningService(string directory, int port, string[] extraArguments, bool ownsDirectory)
    {
        Directory = directory;
        Port = port;
        _extraArguments = extraArguments;
        _ownsDirectory = ownsDirectory;
        Channel = GrpcChannel.ForAddress(
            GrpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        Datasets = new DatasetService.DatasetServiceClient(Channel);
        Items = new ItemService.ItemServiceClient(Channel);
        Labelers = new LabelerRegistryService.LabelerRegistryServiceClient(Channel);
        Annotations = new AnnotationService.AnnotationServiceClient(Channel);
        Training = new TrainingService.TrainingServiceClient(Channel);
        Models = new ModelService.ModelServiceClient(Channel);
        Predictions = new PredictionService.PredictionServiceClient(Channel);
        PredictionJobs = new PredictionJobService.PredictionJobServiceClient(Channel);
        Insight = new InsightService.InsightServiceClient(Channel);
    }

    public string Directory { get; }

    public int Port { get; }

    public string GrpcAddress => $"http://127.0.0.1:{Port + 1}";

    public string HttpAddress => $"http://127.0.0.1:{Port}";

    public GrpcChannel Channel { get; }

    public DatasetService.DatasetServiceClient Datasets { get; }

    public ItemService.ItemServiceClient Items { get; }

    public LabelerRegistryService.LabelerRegistryServiceClient Labelers { get; }

    public AnnotationService.AnnotationServiceClient Annotations { get; }

    public TrainingService.TrainingServiceClient Training { get; }

    public ModelService.ModelServiceClient Models { get; }

    public PredictionService.PredictionServiceClient Predictions { get; }

    public PredictionJobService.PredictionJobServiceClient PredictionJobs { get; }

    public InsightService.InsightServiceClient Insight { get; }

    /// <summary>The server's program, for the next start; this build's unless another is named.</summary>
    public string ServerAssembly { get; set; } = Assemblies.Server;

    /// <summary>The program of its trainers.</summary>
    public string TrainerAssembly { get; set; } = Assemblies.Trainer;

    /// <summary>Environment variables for the next start.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>What the server's processes have printed since the last start.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts a service in a new directory and waits until it is ready.</summary>
    public static Task<RunningService> StartAsync(params string[] extraArguments) => StartAsync(_ => { }, extraArguments);

    /// <summary>Starts a service that is set up before it starts, such as of another version.</summary>
    public static async Task<RunningService> StartAsync(Action<RunningService> configure, params string[] extraArguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            var service = Create(NewDirectory(), ownsDirectory: true, extraArguments);
            configure(service);
            try
            {
                await service.StartAgainAsync();
                return service;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts && service.PortWasTaken)
            {
                // Another process took a port between our look and the server's: others are free.
                await service.DisposeAsync();
            }
            catch
            {
                await service.DisposeAsync();
                throw;
            }
        }
    }

    private bool PortWasTaken => Log.Contains("is in use. Choose others with --port", StringComparison.Ordinal);

    /// <summary>A service in the given directory that is not started yet.</summary>
    public static RunningService Create(string directory, bool ownsDirectory, params string[] extraArguments) =>
        new(directory, FreePort.Pair(), extraArguments, ownsDirectory);

    /// <summary>A directory that the user of the embedded PostgreSQL can enter even when the tests run as root.</summary>
    public static string NewDirectory()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"labeler-e2e-{Guid.NewGuid():N}");
        System.IO.Directory.CreateDirectory(
            directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return directory;
    }

    /// <summary>Starts the server (again) on the same directory and ports and waits until it is ready.</summary>
    public async Task StartAgainAsync()
    {
        Launch();
        await WaitUntilReadyAsync();
    }

    /// <summary>Starts the server (again) and waits until a probe of its HTTP port, which may fail as long as nobody listens, says so.</summary>
    public async Task StartAgainAsync(Func<int, Task<bool>> isReady)
    {
        Launch();
        await WaitUntilReadyAsync(isReady);
    }

    /// <summary>Waits until the running server can work.</summary>
    public async Task WaitUntilReadyAsync()
    {
        using var client = new HttpClient();
        await WaitUntilReadyAsync(async port =>
        {
            using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"));
            return response.StatusCode == HttpStatusCode.OK;
        });
    }

    private async Task WaitUntilReadyAsync(Func<int, Task<bool>> isReady)
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        while (true)
        {
            if (_process!.HasExited)
            {
                // The overload without a time limit also waits for the rest of the output.
                await _process.WaitForExitAsync(timeout.Token);
                throw new InvalidOperationException($"The server ended with exit code {_process.ExitCode}:\n{Log}");
            }

            try
            {
                if (await isReady(Port).WaitAsync(timeout.Token))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            catch (OperationCanceledException error)
            {
                throw new TimeoutException($"The server was not ready within {StartTimeout}:\n{Log}", error);
            }

            await Task.Delay(50, CancellationToken.None);
        }
    }

    /// <summary>Starts the server and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> RunToExitAsync()
    {
        Launch();
        using var timeout = new CancellationTokenSource(StartTimeout);
        await _process!.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    /// <summary>kill -9 of the server process alone: its PostgreSQL and trainer are left to notice.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the server to stop (SIGTERM) and waits for it.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM", ProcessId);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process!.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    /// <summary>Sends a signal to a process.</summary>
    public static async Task SignalAsync(string signal, int processId)
    {
        // The shell's own kill: the program of that name is missing on a minimal machine.
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {processId}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ids of running processes whose command line contains all of the given texts.</summary>
    public static IReadOnlyList<int> FindProcesses(params string[] texts)
    {
        var found = new List<int>();
        foreach (var directory in System.IO.Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var id))
            {
                continue;
            }

            try
            {
                var commandLine = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ');
                if (Array.TrueForAll(texts, text => commandLine.Contains(text, StringComparison.Ordinal)))
                {
                    found.Add(id);
                }
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return found;
    }

    /// <summary>Connection string of the embedded PostgreSQL, for tests that look past the service; it changes when the cluster finds its port taken.</summary>
    public string DatabaseConnectionString()
    {
        var cluster = Path.GetDirectoryName(System.IO.Directory
            .GetFiles(Directory, "superuser.password", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }).Single())!;
        return new Npgsql.NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = int.Parse(File.ReadAllText(Path.Combine(cluster, "port")), System.Globalization.CultureInfo.InvariantCulture),
            Username = "labeler",
            Password = File.ReadAllText(Path.Combine(cluster, "superuser.password")).Trim(),
            Database = "labeler",
            Pooling = false,
        }.ConnectionString;
    }

    /// <summary>Ids of the trainers that this server has started.</summary>
    public IReadOnlyList<int> TrainerProcesses() =>
        [.. FindProcesses("LabelerService.Trainer.dll").Where(id => ParentOf(id) == ProcessId)];

    /// <summary>The postmasters of a data directory. A backend that was forked just now still has the command line of its postmaster: it is none.</summary>
    public static IReadOnlyList<int> Postmasters(string directory)
    {
        var found = FindProcesses("postgres", "-D", directory);
        return [.. found.Where(id => !found.Contains(ParentOf(id)))];
    }

    /// <summary>Ids of a process's children whose command line contains a text.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent, string text) => [.. FindProcesses(text).Where(id => ParentOf(id) == parent)];

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        if (_process is { HasExited: false })
        {
            await StopAsync();
        }

        _process?.Dispose();
        if (_ownsDirectory)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private static int ParentOf(int processId)
    {
        try
        {
            // pid (name) state ppid …; the name may contain anything, so count from its closing parenthesis.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return -1;
        }
    }

    private void Launch()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { ServerAssembly, "--port", Port.ToString(), "--data", Directory },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in _extraArguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("LABELER_POSTGRES");
        start.Environment["LABELER_TRAINER_DLL"] = TrainerAssembly;
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        _process?.Dispose();
        _log = new StringWriter();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(object sender, DataReceivedEventArgs received)
    {
        lock (_log)
        {
            _log.WriteLine(received.Data);
        }
    }
}
