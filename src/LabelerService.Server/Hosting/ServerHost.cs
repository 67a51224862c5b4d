using System.Net;
using System.Reflection;
using LabelerService.Core.Errors;
using LabelerService.Server.Dashboard;
using LabelerService.Server.Errors;
using LabelerService.Server.Images;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Batching;
using LabelerService.Server.Inference.Evaluation;
using LabelerService.Server.Inference.Jobs;
using LabelerService.Server.Inference.Routing;
using LabelerService.Server.Insight;
using LabelerService.Server.LabelStudio;
using LabelerService.Server.OpenApi;
using LabelerService.Server.OpenInference;
using LabelerService.Server.Paging;
using LabelerService.Server.RemoteTraining;
using LabelerService.Server.Retraining;
using LabelerService.Server.Security;
using LabelerService.Server.Security.Audit;
using LabelerService.Server.Security.Limits;
using LabelerService.Server.Security.Sessions;
using LabelerService.Server.Services;
using LabelerService.Server.Telemetry;
using LabelerService.Server.Validation;
using LabelerService.Storage;
using LabelerService.Storage.Database;
using LabelerService.Storage.Embedded;
using LabelerService.Storage.Secrets;
using LabelerService.Storage.Security;
using LabelerService.Telemetry;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabelerService.Server.Hosting;

/// <summary>The composition root: database, services, ports.</summary>
internal static partial class ServerHost
{
    private const string PageTokenSecret = "page-tokens";
    private const string SessionSecret = "sessions";
    private const string AuditSecret = "audit-digests";
    private const int SecretBytes = 32;

    // Long enough for a batch under way to commit, short enough for an orchestrator's patience.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Runs the server until it is told to stop.</summary>
    public static async Task<int> RunAsync(ServerOptions options, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        ConfigureLogging(builder, options.Telemetry.LogFormat);
        using var early = LoggerFactory.Create(logging =>
            logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddServiceConsole(options.Telemetry.LogFormat));
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
            var admin = options.Telemetry.AdminPort is { } port ? $" (or the admin port {port})" : "";
            LogRefused(logger, $"Port {options.Port} or {options.GrpcPort}{admin} is in use. Choose others with --port and --grpc-port.");
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
            var secrets = storage.GetRequiredService<SecretStore>();
            builder.Services.AddSingleton(new PageTokens(await secrets.GetOrCreateAsync(PageTokenSecret, SecretBytes, cancel)));
            builder.Services.AddSingleton(new SessionTokens(await secrets.GetOrCreateAsync(SessionSecret, SecretBytes, cancel)));
            builder.Services.AddAudit(await secrets.GetOrCreateAsync(AuditSecret, SecretBytes, cancel));
        }

        var tls = options.Tls is { } files ? TlsSetup.Load(files) : null;
        builder.WebHost.ConfigureKestrel(kestrel => ConfigurePorts(kestrel, options, tls));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTimeout + options.DrainDelay);
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

    private static void AddServices(IServiceCollection services, ServerOptions options, DatabaseConnection database)
    {
        services.AddSingleton(options);
        services.AddSingleton(database);
        services.AddSingleton(TimeProvider.System);
        services.AddServiceTelemetry(options.Telemetry, "labeler-server", CodeVersion());
        services.AddServerMetrics(options.Telemetry);
        services.AddLabelerSecurity(options);
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<DatasetResolver>();
        services.AddSingleton<UsefulItems>();
        services.AddSingleton<ActivitySampler>();
        services.AddSingleton<ImageDecoder>();
        services.AddSingleton<RunWatcher>();
        services.AddSingleton<FileUploads>();
        services.AddSingleton<TrainingLineage>();
        services.AddSingleton<TrainingDataStream>();
        services.AddSingleton<TrainedModelReader>();
        services.AddSingleton<PretrainedCheck>();
        services.AddSingleton<ItemEncoders>();
        services.AddSingleton<KeptFeatures>();
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
        services.AddSingleton<PredictionContents>();
        services.AddSingleton<PredictionReader>();
        services.AddInsight(options.Insight);
        services.AddSingleton<InferenceHandler>();
        services.AddSingleton<HttpFailures>();
        services.AddSingleton<OpenInferenceHttp>();
        services.AddSingleton<DashboardFiles>();
        LabelStudioHttp.Add(services);
        services.AddSingleton<SessionEndpoints>();
        services.AddHostedService<TrainerSupervisor>();
        services.AddHostedService<OldRowPruner>();
        services.AddSingleton<ModelDownloads>();
        services.AddHostedService<ModelSweepService>();
        services.AddHostedService<ExtractionSweepService>();
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
            grpc.Interceptors.Add<AuditInterceptor>();
            grpc.Interceptors.Add<StreamGuard>();
            grpc.Interceptors.Add<StreamPace>();
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
        health.AddCheck<DrainHealthCheck>("drain");
        health.AddCheck<ModelHealthCheck>("models");
        services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = TimeSpan.FromSeconds(5);
        });
    }

    private static void MapEndpoints(WebApplication app, ServerOptions options)
    {
        if (options.Telemetry.IsOn)
        {
            app.UseMiddleware<GrpcStatusLabel>();
        }

        app.UseMiddleware<BrowserHeaders>();
        app.UseMiddleware<RefusedMessageMiddleware>();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<CallLimitMiddleware>();
        app.MapGrpcService<DatasetGrpcService>();
        app.MapGrpcService<ItemGrpcService>();
        app.MapGrpcService<LabelerGrpcService>();
        app.MapGrpcService<AnnotationGrpcService>();
        app.MapGrpcService<TrainingGrpcService>();
        app.MapGrpcService<RetrainingGrpcService>();
        app.MapGrpcService<CurveGrpcService>();
        app.MapGrpcService<BackboneGrpcService>();
        app.MapGrpcService<TrainerGrpcService>();
        app.MapGrpcService<ModelGrpcService>();
        app.MapModelDownloads();
        app.MapGrpcService<PredictionGrpcService>();
        app.MapGrpcService<PredictionJobGrpcService>();
        app.MapPredictionDownloads();
        app.MapGrpcService<InsightGrpcService>();
        app.MapGrpcService<ApiKeyGrpcService>();
        app.MapGrpcService<AuditGrpcService>();
        app.MapGrpcService<OpenInferenceGrpcService>();
        OpenInferenceHttp.Map(app);
        app.MapDashboard();
        LabelStudioHttp.Map(app);
        SessionEndpoints.Map(app);

        // Probes ask without a key; nothing else is mapped so that strangers get an answer.
        app.MapGrpcHealthChecksService().AllowAnonymous();
        if (options.Reflection)
        {
            app.MapGrpcReflectionService();
            ApiDocument.Map(app);
        }

        // Alive: the process answers. Ready: it can do its work.
        app.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = ReadinessText.WriteAsync }).AllowAnonymous();
    }

    private static string CodeVersion() =>
        typeof(ServerHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static IEnumerable<string> ServiceNames =>
    [
        Contracts.V1.DatasetService.Descriptor.FullName, Contracts.V1.ItemService.Descriptor.FullName,
        Contracts.V1.LabelerRegistryService.Descriptor.FullName, Contracts.V1.AnnotationService.Descriptor.FullName,
        Contracts.V1.TrainingService.Descriptor.FullName, Contracts.V1.RetrainingService.Descriptor.FullName,
        Contracts.V1.CurveService.Descriptor.FullName, Contracts.V1.BackboneService.Descriptor.FullName,
        Contracts.V1.ModelService.Descriptor.FullName, Contracts.V1.PredictionService.Descriptor.FullName,
        Contracts.V1.PredictionJobService.Descriptor.FullName, Contracts.V1.InsightService.Descriptor.FullName,
        Contracts.V1.ApiKeyService.Descriptor.FullName, Contracts.V1.AuditService.Descriptor.FullName,
        Contracts.Inference.GRPCInferenceService.Descriptor.FullName,
    ];

    private static void ConfigureLogging(WebApplicationBuilder builder, LogFormat format)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // Asking for the history table of an empty database fails once, as it should; failures that matter arrive as exceptions.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.None);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Logging.AddServiceConsole(format);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Ready: gRPC on {Address}:{GrpcPort}, HTTP on {Address}:{HttpPort}.")]
    private static partial void LogReady(ILogger logger, IPAddress address, int grpcPort, int httpPort);

    [LoggerMessage(EventId = 2, Level = LogLevel.Critical, Message = "{Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
