using LabelerService.Storage;
using LabelerService.Telemetry;

namespace LabelerService.Trainer.Hosting;

/// <summary>How a trainer runs.</summary>
public sealed record TrainerOptions
{
    /// <summary>Npgsql connection string of the service's database.</summary>
    public required string Postgres { get; init; }

    /// <summary>Name in the queue, for people.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Threads of libtorch; 0 leaves its own choice (one a core). One by default: nets of the usual size gain nothing from more, threads
    /// that wait for each other on a busy machine cost a factor of ten, and the result does not depend on the machine's cores.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>File that is touched as long as the trainer talks to the database; null for none.</summary>
    public string? HealthFile { get; init; }

    /// <summary>Whether to stop when standard input ends, which it does when the process that started this one is gone.</summary>
    public bool ExitWithStandardInput { get; init; }

    /// <summary>Time until others take a run over whose trainer no longer gives a sign of life.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time between signs of life; also how soon a cancellation is noticed.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Time between looks at the queue when nothing announces a run.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between checkpoints of a run; longer where writing one takes more than a tenth of it.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Runs at once. Each has its own thread, lease and progress, and takes the memory of a run.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>How the trainer tells what it does.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>
    /// Where features of large datasets are kept in files that are mapped into memory; null holds all features in memory.
    /// </summary>
    public FeatureCacheOptions? FeatureCache { get; init; }
}
