namespace LabelerService.Storage;

/// <summary>How the service reaches its database.</summary>
public sealed class StorageOptions
{
    /// <summary>Npgsql connection string of the one PostgreSQL database (15 or newer) that holds everything.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>How long <see cref="Database.DatabaseMigrator"/> waits for a database that does not answer yet.</summary>
    public TimeSpan DatabaseWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a run is tried before it is failed for good: a run that kills its trainer must not do so for ever.</summary>
    public int MaxRunAttempts { get; set; } = 5;

    /// <summary>Where snapshots keep features that are not to be held in memory; null holds all of them in memory.</summary>
    public FeatureCacheOptions? FeatureCache { get; set; }
}

/// <summary>Features of large datasets in files that are mapped into memory.</summary>
/// <param name="Directory">The folder; made if it is not there. Trainers on one machine may share it.</param>
public sealed record FeatureCacheOptions(string Directory)
{
    /// <summary>Bytes of features (float32) from which a snapshot's are kept in a file.</summary>
    public long Threshold { get; init; } = 1L << 30;

    /// <summary>Bytes that the files may take; the ones not used for longest go first. The newest one always stays.</summary>
    public long Capacity { get; init; } = 64L << 30;
}
