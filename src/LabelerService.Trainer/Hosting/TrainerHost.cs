using System.Reflection;
using LabelerService.Core.Errors;
using LabelerService.Learning;
using LabelerService.Storage;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Running;
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
    }

    /// <summary>Builds the host.</summary>
    internal static IHost Build(TrainerOptions options)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z '";
            console.UseUtcTimestamp = true;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.Services.AddLabelerStorage(storage =>
        {
            storage.ConnectionString = options.Postgres;
            storage.MaxRunAttempts = MaximumAttempts;
            storage.FeatureCache = options.FeatureCache;
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(provider => new ModelTrainer(provider.GetRequiredService<TimeProvider>(), CodeVersion()));
        builder.Services.AddSingleton<RunStart>();
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

    [LoggerMessage(EventId = 1, Level = LogLevel.Critical, Message = "{Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
