using System.Reflection;
using LabelerService.Core.Errors;
using LabelerService.Learning;
using LabelerService.Learning.Unsupervised;
using LabelerService.Storage;
using LabelerService.Storage.Runs;
using LabelerService.Telemetry;
using LabelerService.Trainer.Running;
using LabelerService.Trainer.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Hosting;

/// <summary>The composition root of the trainer.</summary>
public static partial class TrainerHost
{
    // A run that has killed this many trainers (out of memory, a crash in native code) without getting ahead is not tried again.
    private const int MaximumAttempts = 3;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Runs a trainer until it is told to stop.</summary>
    public static async Task<int> RunAsync(TrainerOptions options, CancellationToken cancel)
    {
        if (options.Threads > 0)
        {
            TorchSharp.torch.set_num_threads(options.Threads);
        }

        using var host = Build(options);
        try
        {
            await host.RunAsync(cancel);
            return 0;
        }
        catch (ServiceException error)
        {
            LogRefused(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(TrainerHost).FullName!), error.Message);
            return 1;
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            LogRefused(
                host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(TrainerHost).FullName!),
                $"Port {options.Telemetry.AdminPort} is in use. Choose another with --admin-port.");
            return 1;
        }
    }

    /// <summary>Builds the host.</summary>
    /// <param name="options">How the trainer runs.</param>
    /// <param name="time">The clock; null for the machine's.</param>
    internal static IHost Build(TrainerOptions options, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // Where OpenTelemetry looks for its OTEL_ variables.
        builder.Configuration.AddEnvironmentVariables();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Logging.AddServiceConsole(options.Telemetry.LogFormat);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddLabelerStorage(storage =>
        {
            storage.ConnectionString = options.Postgres;
            storage.MaxRunAttempts = MaximumAttempts;
            storage.FeatureCache = options.FeatureCache;
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddServiceTelemetry(options.Telemetry, "labeler-trainer", CodeVersion());
        builder.Services.AddSingleton<TrainerMetrics>();
        builder.Services.AddSingleton(provider => new ModelTrainer(provider.GetRequiredService<TimeProvider>(), CodeVersion()));
        builder.Services.AddSingleton<SnapshotEncoder>();
        builder.Services.AddSingleton<PretrainedReader>();
        builder.Services.AddSingleton<ExtractedRows>();
        builder.Services.AddSingleton<RunStart>();
        builder.Services.AddSingleton<RunTraining>();
        builder.Services.AddSingleton(provider => new BackbonePretrainer(provider.GetRequiredService<TimeProvider>(), CodeVersion()));
        builder.Services.AddSingleton<CurveStart>();
        builder.Services.AddSingleton<IRunWork, ModelRun>();
        builder.Services.AddSingleton<IRunWork, CurveRun>();
        builder.Services.AddSingleton<IRunWork, BackboneRun>();
        builder.Services.AddSingleton<RunExecutor>();
        builder.Services.AddSingleton(new TrainerSign(Guid.NewGuid(), options.Name, options.Concurrency, CodeVersion()));
        builder.Services.AddHostedService<TrainerWorker>();
        builder.Services.AddHostedService<TrainerPresence>();
        if (options.ExitWithStandardInput)
        {
            builder.Services.AddHostedService<StandardInputWatch>();
        }

        return builder.Build();
    }

    private static string CodeVersion() =>
        typeof(TrainerHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    [LoggerMessage(EventId = 11, Level = LogLevel.Critical, Message = "{Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
