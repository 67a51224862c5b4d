namespace LabelerService.Storage.Embedded;

/// <summary>How a private PostgreSQL cluster is run.</summary>
public sealed class EmbeddedPostgresOptions
{
    /// <summary>
    /// Directory of the cluster, absolute; created if missing. It holds the data (<c>pgdata</c>), the password of the superuser, the
    /// port, the log and a lock that lets one process at a time own it. When the service runs as root, the directory belongs to the
    /// user that PostgreSQL runs as.
    /// </summary>
    public required string Directory { get; init; }

    /// <summary>How long a start may take; crash recovery counts.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Whether a commit reaches the disk before it is acknowledged. Always true in the product; only a test's throw-away cluster may
    /// say false.
    /// </summary>
    public bool Durable { get; init; } = true;
}
