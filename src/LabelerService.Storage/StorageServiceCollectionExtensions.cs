using System.Diagnostics;
using LabelerService.Core.Telemetry;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Audit;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Backups;
using LabelerService.Storage.Curves;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Insight;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.LabelStudio;
using LabelerService.Storage.Models;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Partitions;
using LabelerService.Storage.Predictions;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Retraining;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Schema;
using LabelerService.Storage.Secrets;
using LabelerService.Storage.Security;
using LabelerService.Storage.Telemetry;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LabelerService.Storage;

/// <summary>Registers the storage with a service collection.</summary>
public static class StorageServiceCollectionExtensions
{
    /// <summary>Registers every store as a singleton over one pool of connections.</summary>
    public static IServiceCollection AddLabelerStorage(this IServiceCollection services, string connectionString) =>
        services.AddLabelerStorage(options => options.ConnectionString = connectionString);

    /// <summary>Registers every store as a singleton over one pool of connections. Needs logging.</summary>
    public static IServiceCollection AddLabelerStorage(this IServiceCollection services, Action<StorageOptions> configure)
    {
        services.AddOptions<StorageOptions>().Configure(configure)
            .Validate(options => options.ConnectionString.Length > 0, "A PostgreSQL connection string is required (--postgres or LABELER_POSTGRES).")
            .Validate(options => options.MaxRunAttempts > 0, "MaxRunAttempts must be positive.");
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => DataSource(provider.GetRequiredService<IOptions<StorageOptions>>().Value, provider));
        services.AddPooledDbContextFactory<LabelerDbContext>(
            (provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()).UseSnakeCaseNamingConvention());
        services.AddSingleton(provider => new Db(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IDbContextFactory<LabelerDbContext>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DatabaseMigrator(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IDbContextFactory<LabelerDbContext>>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<StorageOptions>>().Value.DatabaseWait,
            provider.GetRequiredService<ILogger<DatabaseMigrator>>()));
        services.AddSingleton(provider => new DatabaseHealth(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IDbContextFactory<LabelerDbContext>>()));
        services.AddSingleton(provider => new DatabaseBackup(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IDbContextFactory<LabelerDbContext>>()));
        services.AddSingleton(provider => new DatabaseRestore(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IDbContextFactory<LabelerDbContext>>()));
        services.AddSingleton(provider => new TablePartitioning(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IDbContextFactory<LabelerDbContext>>()));
        services.AddSingleton(provider => new NotificationListener(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<NotificationListener>>()));
        services.AddSingleton(provider => new RunEventListener(provider.GetRequiredService<NotificationListener>()));
        services.AddSingleton(provider => new RunStore(
            provider.GetRequiredService<Db>(), provider.GetRequiredService<IOptions<StorageOptions>>().Value.MaxRunAttempts));
        AddStore(services, db => new TrainerStore(db));
        AddStore(services, db => new RetrainingStore(db));
        AddStore(services, db => new PromotionStore(db));
        AddStore(services, db => new DatasetStore(db));
        services.TryAddSingleton<ServiceMeter>();
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton(provider => new ItemStore(provider.GetRequiredService<Db>(), provider.GetRequiredService<IngestMetrics>()));
        AddStore(services, db => new FleetReader(db));
        AddStore(services, db => new GoldStore(db));
        AddStore(services, db => new LabelerStore(db));
        AddStore(services, db => new LabelerEraser(db));
        services.AddSingleton<KeyMemory>();
        services.AddSingleton(provider => new AnnotationStore(
            provider.GetRequiredService<Db>(), provider.GetRequiredService<KeyMemory>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IngestMetrics>()));
        AddStore(services, db => new ModelStore(db));
        AddStore(services, db => new ModelSweeper(db));
        AddStore(services, db => new BackboneStore(db));
        AddStore(services, db => new ExtractionStore(db));
        AddStore(services, db => new ArtefactStore(db));
        AddStore(services, db => new SecretStore(db));
        AddStore(services, db => new ApiKeyStore(db));
        AddStore(services, db => new AuditStore(db));
        AddStore(services, db => new RequestIdStore(db));
        AddStore(services, db => new PredictionJobStore(db));
        AddStore(services, db => new InsightReader(db));
        AddStore(services, db => new CurveStore(db));
        AddStore(services, db => new StudioAnnotationStore(db));
        services.AddSingleton(provider => new SnapshotReader(provider.GetRequiredService<Db>(), Cache(provider)));
        services.AddSingleton(provider => new FeatureRows(Cache(provider)));
        return services;
    }

    private static FeatureCache? Cache(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<StorageOptions>>().Value.FeatureCache is { } options
            ? new FeatureCache(options, provider.GetRequiredService<TimeProvider>())
            : null;

    private static void AddStore<T>(IServiceCollection services, Func<Db, T> create)
        where T : class => services.AddSingleton(provider => create(provider.GetRequiredService<Db>()));

    private static NpgsqlDataSource DataSource(StorageOptions options, IServiceProvider provider)
    {
        var builder = new NpgsqlDataSourceBuilder(options.ConnectionString);
        builder.UseLoggerFactory(provider.GetService<ILoggerFactory>());

        // The name stands in metrics; without one they would show the host and the user.
        builder.Name = "labeler";

        // Statements are part of what somebody asked for. Looks at queues and signs of life, a few a second for ever, are nobody's trace.
        builder.ConfigureTracing(tracing => tracing
            .ConfigureCommandFilter(_ => Activity.Current is not null)
            .ConfigureBatchFilter(_ => Activity.Current is not null)
            .ConfigureCopyOperationFilter(_ => Activity.Current is not null)
            .EnablePhysicalOpenTracing(false));
        var settings = builder.ConnectionStringBuilder;
        settings.ApplicationName ??= "labeler";
        if (!settings.ContainsKey("Command Timeout"))
        {
            // Callers bring deadlines of their own; this only bounds what nobody waits for. Deleting or reading a large dataset takes minutes.
            settings.CommandTimeout = (int)TimeSpan.FromMinutes(30).TotalSeconds;
        }

        // Statements over whole batches look expensive enough to be compiled, which costs more than running them. Pages come from
        // memory or flash: reading one here and there costs hardly more than reading on.
        settings.Options ??= "-c jit=off -c random_page_cost=1.1";
        return builder.Build();
    }
}
