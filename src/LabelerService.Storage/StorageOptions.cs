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
}
