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

    /// <summary>Annotations written a day; null and 0 for no limit.</summary>
    public long? AnnotationsPerDay { get; set; }

    /// <summary>Items written a day; null and 0 for no limit.</summary>
    public long? ItemsPerDay { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset? ExpireTime { get; set; }

    public DateTimeOffset? LastUseTime { get; set; }
}

/// <summary>What was stored with a key on one day; only of keys that have a quota. Nothing refers to the key: its row may go first.</summary>
internal sealed class ApiKeyUsageEntity
{
    public required string KeyId { get; set; }

    /// <summary>In UTC, by the database's clock.</summary>
    public DateOnly Day { get; set; }

    public long Annotations { get; set; }

    public long Items { get; set; }
}
