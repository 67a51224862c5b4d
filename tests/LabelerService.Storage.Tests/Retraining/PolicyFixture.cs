using LabelerService.Core.Datasets;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Retraining;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Tests.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Retraining;

/// <summary>A database of its own with one dataset: whatever is due anywhere is due for whoever looks.</summary>
public abstract class PolicyFixture(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    internal const string Policy = "policy";
    private const int Items = 40;
    private int _labelers;

    internal static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    internal PostgresFixture Database { get; private set; } = null!;

    internal RetrainingStore Policies { get; private set; } = null!;

    internal PromotionStore Promotions { get; private set; } = null!;

    internal RunStore Runs { get; private set; } = null!;

    internal DatasetRecord Dataset { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await databases.NextAsync();
        Policies = Database.Get<RetrainingStore>();
        Promotions = Database.Get<PromotionStore>();
        Runs = Database.Get<RunStore>();
        Dataset = await Some.DatasetAsync(Database, items: Items, labelers: 1);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    internal static RetrainingSpec Spec(
        long newAnnotations = 0, ScheduleSpec? schedule = null, DriftSpec? drift = null, TimeSpan interval = default,
        PromotionMode mode = PromotionMode.IfBetter) => new()
        {
            ModelId = "model",
            Algorithm = "wdn",
            Settings = new Dictionary<string, string> { ["epochs"] = "5" },
            Seed = 7,
            MinNewAnnotations = newAnnotations,
            Schedule = schedule,
            Drift = drift,
            MinInterval = interval,
            Promotion = new PromotionSpec(mode, PromotionBasis.Gold, Split.Test, 0.95),
        };

    internal Task<RetrainingPolicyRecord> CreateAsync(RetrainingSpec spec) => Policies.CreateAsync(Dataset, Policy, spec, null, default);

    /// <summary>Annotations by a labeler that nobody has seen before.</summary>
    internal Task<AnnotationWriteResult> AnnotateAsync(int count)
    {
        var labeler = $"new{Interlocked.Increment(ref _labelers)}";
        return Database.Get<AnnotationStore>().WriteAsync(
            Dataset, [.. Enumerable.Range(0, count).Select(i => new AnnotationWrite($"i{i}", labeler, 0))], UnknownLabelers.Register, null, default);
    }

    internal async Task<RunRecord?> LookAsync(RetrainingStore? store = null)
    {
        await ExecuteAsync("UPDATE retraining_policies SET check_time = now()");
        return (await (store ?? Policies).LookAsync(Dataset, Policy, TimeSpan.Zero, Lease, default))?.Run;
    }

    /// <summary>Trains the policy's run as a trainer would: takes it, reads the data, publishes.</summary>
    internal async Task<int> TrainAsync()
    {
        var lease = (await Runs.TryClaimAsync("trainer", Lease, default))!;
        await Runs.SetEffectiveSettingsAsync(lease, new Dictionary<string, string>(), default);
        return (await Runs.PublishAsync(lease, [1, 2, 3], Some.Manifest(), default)).Version;
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<long> CountAsync(string table)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
