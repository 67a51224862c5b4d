using System.CommandLine;
using System.Net;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Batching;
using LabelerService.Telemetry;

namespace LabelerService.Server.Hosting;

/// <summary>The server's command line.</summary>
internal static class ServerCommand
{
    /// <summary>Exit code of a command line that makes no sense.</summary>
    public const int WrongUsage = 2;

    private const long Mebibyte = 1024 * 1024;

    /// <summary>Builds the root command.</summary>
    /// <param name="run">Runs the server; gives the exit code.</param>
    /// <param name="checkHealth">Asks the server with these options for its health; gives the exit code.</param>
    public static RootCommand Create(
        Func<ServerOptions, CancellationToken, Task<int>> run, Func<ServerOptions, CancellationToken, Task<int>> checkHealth)
    {
        var port = new Option<int>("--port")
        {
            Description = "Port for HTTP: JSON API, /healthz, /readyz.",
            DefaultValueFactory = _ => FromEnvironment("LABELER_PORT", 8080),
        };
        var grpcPort = new Option<int?>("--grpc-port") { Description = "Port for gRPC. Default: the HTTP port + 1." };
        var listen = new Option<string>("--listen")
        {
            Description = "Address to listen on.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("LABELER_LISTEN") ?? "127.0.0.1",
        };
        var data = DataOption();
        var postgres = PostgresOption();
        var trainers = new Option<int>("--trainers")
        {
            Description = "Trainers to run beside the server; 0 if they run elsewhere.",
            DefaultValueFactory = _ => FromEnvironment("LABELER_TRAINERS", 1),
        };
        var reflection = new Option<bool>("--reflection") { Description = "Answer gRPC reflection and /openapi/v1.json.", DefaultValueFactory = _ => true };
        var drainSeconds = new Option<int>("--drain-seconds")
        {
            Description = "Seconds that a server goes on taking calls after SIGTERM, while /readyz says that it stops, for a balancer that looks at it (also LABELER_DRAIN_SECONDS).",
            DefaultValueFactory = _ => FromEnvironment("LABELER_DRAIN_SECONDS", 0),
        };
        var predictionThreads = new Option<int>("--prediction-threads")
        {
            Description = "Blocks of predictions that run at once (also LABELER_PREDICTION_THREADS). Default: the number of cores.",
            DefaultValueFactory = _ => FromEnvironment("LABELER_PREDICTION_THREADS", Environment.ProcessorCount),
        };
        var predictionWait = new Option<int>("--prediction-wait")
        {
            Description = "Milliseconds that a small prediction may have to wait; with more work than that ahead it is refused (also LABELER_PREDICTION_WAIT).",
            DefaultValueFactory = _ => FromEnvironment("LABELER_PREDICTION_WAIT", (int)new PredictionLimits().MaxWait.TotalMilliseconds),
        };
        var residentModels = new Option<int>("--resident-models")
        {
            Description = "Model versions that stay loaded at most (also LABELER_RESIDENT_MODELS).",
            DefaultValueFactory = _ => FromEnvironment("LABELER_RESIDENT_MODELS", new ResidencyLimits().Count),
        };
        var residentMemory = new Option<int>("--resident-mib")
        {
            Description = "Memory in MiB that loaded models may take by estimate (also LABELER_RESIDENT_MIB).",
            DefaultValueFactory = _ => FromEnvironment("LABELER_RESIDENT_MIB", (int)(new ResidencyLimits().Bytes / Mebibyte)),
        };
        var insight = new InsightArguments();
        var healthCheck = new Option<bool>("--health-check")
        {
            Description = "Ask the server that runs on --port whether it is ready, and exit with 0 or 1 (for container health checks).",
        };

        var root = new RootCommand("LabelerService: learns from labelers who disagree. Serves the API and keeps a trainer running.")
        {
            port, grpcPort, listen, data, postgres, trainers, reflection, drainSeconds, predictionThreads, predictionWait, residentModels, residentMemory,
            healthCheck,
        };
        var security = new SecurityArguments();
        security.AddTo(root);
        var limits = new LimitArguments();
        limits.AddTo(root);
        insight.AddTo(root);
        var telemetry = new TelemetryArguments();
        telemetry.AddTo(root);
        root.SetAction(async (result, cancellationToken) =>
        {
            var httpPort = result.GetValue(port);
            if (!IPAddress.TryParse(result.GetValue(listen), out var address))
            {
                return await RefuseAsync($"--listen takes an IP address such as 127.0.0.1 or 0.0.0.0, not '{result.GetValue(listen)}'.");
            }

            var (told, unclear) = telemetry.Read(result);
            var (options, problem) = security.Read(result, new ServerOptions
            {
                Port = httpPort,
                GrpcPort = result.GetValue(grpcPort) ?? httpPort + 1,
                Listen = address,
                DataDirectory = Path.GetFullPath(result.GetValue(data)!),
                Postgres = result.GetValue(postgres),
                Trainers = result.GetValue(trainers),
                TrainerAssembly = TrainerAssembly(),
                Reflection = result.GetValue(reflection),
                DrainDelay = TimeSpan.FromSeconds(result.GetValue(drainSeconds)),
                Predictions = new PredictionLimits
                {
                    Runners = result.GetValue(predictionThreads),
                    MaxWait = TimeSpan.FromMilliseconds(result.GetValue(predictionWait)),
                },
                Residency = new ResidencyLimits(result.GetValue(residentModels), result.GetValue(residentMemory) * Mebibyte),
                Insight = insight.Read(result),
                CallLimits = limits.Read(result),
                Telemetry = told,
            });
            if (result.GetValue(healthCheck))
            {
                return await checkHealth(options, cancellationToken);
            }

            problem = unclear ?? Problem(options) ?? problem;
            return problem is null ? await run(options, cancellationToken) : await RefuseAsync(problem);
        });
        return root;
    }

    /// <summary>Where the embedded PostgreSQL is.</summary>
    internal static Option<string> DataOption() => new("--data")
    {
        Description = "Directory of the embedded PostgreSQL.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("LABELER_DATA") ?? DefaultDataDirectory(),
    };

    /// <summary>Which PostgreSQL instead.</summary>
    internal static Option<string?> PostgresOption() => new("--postgres")
    {
        Description = "Connection string of an existing PostgreSQL 15 or newer (also LABELER_POSTGRES). Without it one is started under --data.",
        DefaultValueFactory = _ => NullIfEmpty(Environment.GetEnvironmentVariable("LABELER_POSTGRES")),
    };

    private static string? Problem(ServerOptions options)
    {
        if (options.Port is < 1 or > 65535 || options.GrpcPort is < 1 or > 65535 || options.Port == options.GrpcPort)
        {
            return $"--port and --grpc-port take two different numbers from 1 to 65535, not {options.Port} and {options.GrpcPort}.";
        }

        if (options.Trainers is < 0 or > 64)
        {
            return "--trainers takes a number from 0 to 64.";
        }

        if (options.DrainDelay < TimeSpan.Zero || options.DrainDelay > TimeSpan.FromMinutes(5))
        {
            return "--drain-seconds takes a number from 0 to 300.";
        }

        // The trainers' ports follow the server's own.
        if (options.Telemetry.AdminPort is { } admin
            && (admin + options.Trainers > 65535 || IsAmong(options.Port) || IsAmong(options.GrpcPort)))
        {
            return $"--admin-port and the {options.Trainers} ports after it, one a trainer, must be ports other than {options.Port} and {options.GrpcPort}, and at most 65535.";
        }

        if (options.Predictions.Runners is < 1 or > 1_024)
        {
            return "--prediction-threads takes a number from 1 to 1024.";
        }

        if (options.Predictions.MaxWait < TimeSpan.Zero || options.Predictions.MaxWait > TimeSpan.FromMinutes(1))
        {
            return "--prediction-wait takes milliseconds from 0 to 60000.";
        }

        if (options.Residency is { Count: < 1 } or { Bytes: < Mebibyte })
        {
            return "--resident-models and --resident-mib take numbers from 1.";
        }

        return InsightArguments.Problem(options.Insight) ?? LimitArguments.Problem(options.CallLimits);

        bool IsAmong(int port) => port >= options.Telemetry.AdminPort && port <= options.Telemetry.AdminPort + options.Trainers;
    }

    private static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync(message);
        return WrongUsage;
    }

    // Root has its own place for service data; everyone else keeps it with their other application data.
    private static string DefaultDataDirectory() => Environment.IsPrivilegedProcess
        ? "/var/lib/labeler"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "labeler");

    private static string TrainerAssembly()
    {
        const string Name = "LabelerService.Trainer";
        var named = Environment.GetEnvironmentVariable("LABELER_TRAINER_DLL");
        if (!string.IsNullOrEmpty(named))
        {
            return named;
        }

        // artifacts/bin/LabelerService.Server/<pivot>/ beside artifacts/bin/LabelerService.Trainer/<pivot>/
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent?.Parent?.FullName ?? "", Name, here.Name, Name + ".dll");
    }

    internal static int FromEnvironment(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
