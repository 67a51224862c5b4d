using System.Net;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Images;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Batching;
using LabelerService.Server.Inference.Evaluation;
using LabelerService.Server.Inference.Jobs;
using LabelerService.Server.Inference.Routing;
using LabelerService.Server.Insight;
using LabelerService.Server.OpenApi;
using LabelerService.Server.OpenInference;
using LabelerService.Server.Paging;
using LabelerService.Server.Retraining;
using LabelerService.Server.Security;
using LabelerService.Server.Services;
using LabelerService.Server.Validation;
using LabelerService.Storage;
using LabelerService.Storage.Database;
using LabelerService.Storage.Embedded;
using LabelerService.Storage.Secrets;
using LabelerService.Storage.Security;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabelerService.Server.Hosting;

/// <summary>The composition root: database, services, ports.</summary>
internal static partial class ServerHost
{
    private const string PageTokenSecret = "page-tokens";
    private const int PageTokenKeyBytes = 32;

    // Long enough for a batch under way to commit, short enough for an orchestrator's patience.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Runs the server until it is told to stop.</summary>
    public static async Task<int> RunAsync(ServerOptions options, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        ConfigureLogging(builder);
        using var early = LoggerFactory.Create(logging => logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSimpleConsole(Console));
        var logger = early.CreateLogger(typeof(ServerHost).FullName!);
        try
        {
            await using var embedded = options.Postgres is null
                ? await EmbeddedPostgres.StartAsync(
                    new EmbeddedPostgresOptions { Directory = options.DataDirectory }, TimeProvider.System,
                    early.CreateLogger<EmbeddedPostgres>(), cancel)
                : null;
            var database = new DatabaseConnection(options.Postgres ?? embedded!.ConnectionString);
            if (options.ResetAdminKey)
            {
                await using var storage = await PrepareAsync(builder, database, cancel);
                await AdminKeys(storage, options).ResetAsync(cancel);
                return 0;
            }

            await using var app = await BuildAsync(builder, options, database, cancel);
            app.Lifetime.ApplicationStarted.Register(() => LogReady(logger, options.Listen, options.GrpcPort, options.Port));
            await app.RunAsync(cancel);
            return 0;
        }
        catch (ServiceException error)
        {
            LogRefused(logger, error.Message);
            return 1;
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            LogRefused(logger, $"Port {options.Port} or {options.GrpcPort} is in use. Choose others with --port and --grpc-port.");
            return 1;
        }
    }

    /// <summary>Asks the server with these options on this machine whether it is ready.</summary>
    public static async Task<int> CheckHealthAsync(ServerOptions options, CancellationToken cancel)
    {
        var address = options.Listen.Equals(IPAddress.Any) ? IPAddress.Loopback : options.Listen.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : options.Listen;
        var probe = new UriBuilder(options.Tls is null ? "http" : "https", address.ToString(), options.Port, "/readyz").Uri;
        try
        {
            using var client = new HttpClient(options.Tls is { } tls ? TlsSetup.HealthCheckHandler(tls) : new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(5) };
            using var response = await client.GetAsync(probe, cancel);
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or ServiceException)
        {
            await System.Console.Error.WriteLineAsync($"No server answers on port {options.Port}: {error.Message}");
            return 1;
        }
    }

    /// <summary>Builds the server on a database that it has brought up to date; it listens when it is started.</summary>
    internal static async Task<WebApplication> BuildAsync(
        WebApplicationBuilder builder, ServerOptions options, DatabaseConnection database, CancellationToken cancel)
    {
        await using (var storage = await PrepareAsync(builder, database, cancel))
        {
            await AdminKeys(storage, options).EnsureAsync(cancel);
            var key = await storage.GetRequiredService<SecretStore>().GetOrCreateAsync(PageTokenSecret, PageTokenKeyBytes, cancel);
            builder.Services.AddSingleton(new PageTokens(key));
        }

        var tls = options.Tls is { } files ? TlsSetup.Load(files) : null;
        builder.WebHost.ConfigureKestrel(kestrel => ConfigurePorts(kestrel, options, tls));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTimeout);
        AddServices(builder.Services, options, database);
        var app = builder.Build();
        MapEndpoints(app, options);
        return app;
    }

    private static async Task<ServiceProvider> PrepareAsync(WebApplicationBuilder builder, DatabaseConnection database, CancellationToken cancel)
    {
        builder.Services.AddLabelerStorage(database.ConnectionString);
        var storage = builder.Services.BuildServiceProvider();
        await storage.GetRequiredService<DatabaseMigrator>().MigrateAsync(cancel);
        return storage;
    }

    private static AdminKeySetup AdminKeys(IServiceProvider storage, ServerOptions options) => new(
        storage.GetRequiredService<ApiKeyStore>(), options.AdminKeyFile, System.Console.Out, storage.GetRequiredService<ILogger<AdminKeySetup>>());

    private static void ConfigurePorts(
        KestrelServerOptions kestrel, ServerOptions options, Action<HttpsConnectionAdapterOptions>? tls)
    {
        // In clear text a port speaks either HTTP/1.1 or HTTP/2, so there are two.
        kestrel.AddServerHeader = false;

        // JSON carries bytes as base64, a third longer than the gRPC message. gRPC lifts the limit for its client streams by itself.
        kestrel.Limits.MaxRequestBodySize = Limits.MessageBytes * 3L / 2;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 256;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);

        // Windows large enough that a bulk stream is not throttled by round trips, small enough to bound memory a connection.
        kestrel.Limits.Http2.InitialStreamWindowSize = 2 * 1024 * 1024;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 4 * 1024 * 1024;
        Listen(options.Port, tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2);
        Listen(options.GrpcPort, HttpProtocols.Http2);

        void Listen(int port, HttpProtocols protocols) => kestrel.Listen(options.Listen, port, listen =>
        {
            listen.Protocols = protocols;
            if (tls is not null)
            {
                listen.UseHttps(tls);
            }
        });
    }

    private static void AddServices(IServiceCollection services, ServerOptions options, DatabaseConnection database)
    {
        services.AddSingleton(options);
        services.AddSingleton(database);
        services.AddSingleton(TimeProvider.System);
        services.AddLabelerSecurity(options);
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<DatasetResolver>();
        services.AddSingleton<ImageDecoder>();
        services.AddSingleton<RunWatcher>();
        services.AddSingleton<ModelCache>();
        services.AddSingleton<EvaluationReader>();
        services.AddSingleton<ModelEvaluator>();
        services.AddSingleton<ModelComparer>();
        services.AddSingleton<RouteTable>();
        services.AddHostedService<RouteKeeper>();
        services.AddSingleton(options.Residency);
        services.AddSingleton(options.Predictions);
        services.AddSingleton<PredictionScheduler>();
        services.AddSingleton(CanaryDraw.Unseeded());
        services.AddSingleton<PredictionEngine>();
        services.AddSingleton<PredictionReader>();
        services.AddInsight(options.Insight);
        services.AddSingleton<InferenceHandler>();
        services.AddSingleton<HttpFailures>();
        services.AddSingleton<OpenInferenceHttp>();
        services.AddHostedService<TrainerSupervisor>();
        services.AddHostedService<OldRowPruner>();
        services.AddSingleton<ModelDownloads>();
        services.AddHostedService<ModelSweepService>();
        services.AddHostedService<RunEventThinner>();
        services.AddSingleton<DriftSearcher>();
        services.AddSingleton<PromotionDecider>();
        services.AddHostedService<RetrainingScheduler>();
        services.AddHostedService<PromotionWorker>();
        services.AddSingleton<PredictionJobRunner>();
        services.AddSingleton<PredictionFiles>();
        services.AddHostedService<PredictionJobWorker>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = Limits.MessageBytes;
            grpc.MaxSendMessageSize = null;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<StreamGuard>();
            grpc.Interceptors.Add<RouteCatchUp>();
        }).AddJsonTranscoding(json =>
        {
            // Errors carry these details as Any, which JSON can only write for types it knows.
            json.TypeRegistry = Google.Protobuf.Reflection.TypeRegistry.FromFiles(Google.Rpc.ErrorDetailsReflection.Descriptor);

            // As proto3's JSON has it: JavaScript's numbers hold 53 bits.
            json.JsonSettings.WriteInt64sAsStrings = true;
        });
        services.AddGrpcReflection();
        var health = services.AddGrpcHealthChecks(grpc =>
        {
            foreach (var name in ServiceNames)
            {
                grpc.Services.Map(name, _ => true);
            }
        });
        health.AddCheck<DatabaseHealthCheck>("database");
        services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = TimeSpan.FromSeconds(5);
        });
    }

    private static void MapEndpoints(WebApplication app, ServerOptions options)
    {
        app.UseMiddleware<RefusedMessageMiddleware>();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGrpcService<DatasetGrpcService>();
        app.MapGrpcService<ItemGrpcService>();
        app.MapGrpcService<LabelerGrpcService>();
        app.MapGrpcService<AnnotationGrpcService>();
        app.MapGrpcService<TrainingGrpcService>();
        app.MapGrpcService<RetrainingGrpcService>();
        app.MapGrpcService<ModelGrpcService>();
        app.MapModelDownloads();
        app.MapGrpcService<PredictionGrpcService>();
        app.MapGrpcService<PredictionJobGrpcService>();
        app.MapPredictionDownloads();
        app.MapGrpcService<InsightGrpcService>();
        app.MapGrpcService<ApiKeyGrpcService>();
        app.MapGrpcService<OpenInferenceGrpcService>();
        OpenInferenceHttp.Map(app);

        // Probes ask without a key; nothing else is mapped so that strangers get an answer.
        app.MapGrpcHealthChecksService().AllowAnonymous();
        if (options.Reflection)
        {
            app.MapGrpcReflectionService();
            ApiDocument.Map(app);
        }

        // Alive: the process answers. Ready: it can do its work.
        app.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/readyz").AllowAnonymous();
    }

    private static IEnumerable<string> ServiceNames =>
    [
        Contracts.V1.DatasetService.Descriptor.FullName, Contracts.V1.ItemService.Descriptor.FullName,
        Contracts.V1.LabelerRegistryService.Descriptor.FullName, Contracts.V1.AnnotationService.Descriptor.FullName,
        Contracts.V1.TrainingService.Descriptor.FullName, Contracts.V1.RetrainingService.Descriptor.FullName,
        Contracts.V1.ModelService.Descriptor.FullName, Contracts.V1.PredictionService.Descriptor.FullName,
        Contracts.V1.PredictionJobService.Descriptor.FullName, Contracts.V1.InsightService.Descriptor.FullName,
        Contracts.V1.ApiKeyService.Descriptor.FullName,
        Contracts.Inference.GRPCInferenceService.Descriptor.FullName,
    ];

    private static void ConfigureLogging(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // Asking for the history table of an empty database fails once, as it should; failures that matter arrive as exceptions.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.None);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(Console);
    }

    private static void Console(Microsoft.Extensions.Logging.Console.SimpleConsoleFormatterOptions console)
    {
        console.SingleLine = true;
        console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z '";
        console.UseUtcTimestamp = true;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Ready: gRPC on {Address}:{GrpcPort}, HTTP on {Address}:{HttpPort}.")]
    private static partial void LogReady(ILogger logger, IPAddress address, int grpcPort, int httpPort);

    [LoggerMessage(EventId = 2, Level = LogLevel.Critical, Message = "{Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
