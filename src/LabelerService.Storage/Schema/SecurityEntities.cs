namespace LabelerService.Storage.Schema;

/// <summary>An API key: the hash of its secret, never the secret.</summary>
internal sealed class ApiKeyEntity
{
    /// <summary>Ascending in order of creation; with the number of rows it tells whether the table changed.</summary>
    public long KeyNumber { get; set; }

    public required string Id { get; set; }

    public required byte[] SecretHash { get; set; }

    public short Role { get; set; }

    /// <summary>Ids of datasets; null for all.</summary>
    public string[]? Datasets { get; set; }

    public string? LabelerId { get; set; }

    public string DisplayName { get; set; } = "";

    /// <summary>Requests a second; null as the server says, 0 for no limit.</summary>
    public double? RequestsPerSecond { get; set; }

    public int? RequestBurst { get; set; }

    public int? ConcurrentCalls { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset? ExpireTime { get; set; }

    public DateTimeOffset? LastUseTime { get; set; }
}
