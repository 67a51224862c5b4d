namespace LabelerService.Storage.Schema;

internal sealed class DatasetEntity
{
    public long DatasetId { get; set; }

    public required string Id { get; set; }

    public Guid Uid { get; set; }

    public string DisplayName { get; set; } = "";

    public required string Schema { get; set; }

    public string Tags { get; set; } = "{}";

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset UpdateTime { get; set; }

    public long Version { get; set; }

    /// <summary>Grows whenever an item or labeler is deleted: keys that a process remembers are valid for one epoch.</summary>
    public long KeyEpoch { get; set; }

    public long MaxItems { get; set; }

    public long MaxAnnotations { get; set; }

    public long MaxLabelers { get; set; }

    public long MaxBytes { get; set; }
}

/// <summary>
/// How much a dataset holds, as a sum over shards: a transaction adds to the shard of its session, so that writers do not wait for each
/// other. A single shard may well be negative.
/// </summary>
internal sealed class DatasetUsageEntity
{
    public long DatasetId { get; set; }

    public short Shard { get; set; }

    public long Items { get; set; }

    /// <summary>Annotations that are not retracted.</summary>
    public long Annotations { get; set; }

    public long Labelers { get; set; }

    /// <summary>Bytes of items' features and contents.</summary>
    public long Bytes { get; set; }

    /// <summary>Annotations received, revised or retracted since ever: it only grows.</summary>
    public long Changes { get; set; }

    /// <summary>Items created or changed since ever, gold classes set and cleared among them: it only grows.</summary>
    public long ItemChanges { get; set; }
}

/// <summary>
/// One committed transaction that wrote annotations or items of a dataset. All its rows have its time (<c>received_at</c>,
/// <c>update_time</c>), so whoever has read the dataset once finds what came since: the transactions that its snapshot did not show.
/// </summary>
internal sealed class DatasetWriteEntity
{
    public long DatasetId { get; set; }

    /// <summary>The transaction's number (xid8).</summary>
    public long TransactionId { get; set; }

    /// <summary>The transaction's <c>now()</c>.</summary>
    public DateTimeOffset Time { get; set; }

    /// <summary>What it added to <see cref="DatasetUsageEntity.Changes"/>.</summary>
    public long Changes { get; set; }

    /// <summary>What it added to <see cref="DatasetUsageEntity.ItemChanges"/>.</summary>
    public long ItemChanges { get; set; }
}

internal sealed class ItemEntity
{
    public long DatasetId { get; set; }

    public long ItemKey { get; set; }

    public required string ExternalId { get; set; }

    public short Split { get; set; }

    public byte[]? Features { get; set; }

    public short FeatureEncoding { get; set; }

    public short? GoldClass { get; set; }

    /// <summary>The image file or text as it was sent.</summary>
    public byte[]? Content { get; set; }

    public short? ContentType { get; set; }

    /// <summary>Tells whether features and content are the same without reading them; null where there is neither.</summary>
    public Guid? ContentHash { get; set; }

    /// <summary>Bytes of features and content.</summary>
    public int Bytes { get; set; }

    /// <summary>What <see cref="Bytes"/> was before the last write: an upsert returns only new values, and the counters need the difference.</summary>
    public int ReplacedBytes { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset UpdateTime { get; set; }
}

internal sealed class LabelerEntity
{
    public long DatasetId { get; set; }

    public long LabelerKey { get; set; }

    public required string ExternalId { get; set; }

    public string DisplayName { get; set; } = "";

    public string Tags { get; set; } = "{}";

    public DateTimeOffset CreateTime { get; set; }

    public long Version { get; set; }
}

/// <summary>Current view: one row an (item, labeler). A null class is a retracted annotation, kept so that revisions go on counting.</summary>
internal sealed class AnnotationEntity
{
    public long DatasetId { get; set; }

    public long ItemKey { get; set; }

    public long LabelerKey { get; set; }

    public short? ClassIndex { get; set; }

    public int Revision { get; set; }

    public float? Confidence { get; set; }

    public int? DurationMs { get; set; }

    public DateTimeOffset? AnnotatedAt { get; set; }

    public DateTimeOffset ReceivedAt { get; set; }
}

/// <summary>Earlier revisions, written by a trigger so that no path of revision can forget them.</summary>
internal sealed class AnnotationHistoryEntity
{
    public long DatasetId { get; set; }

    public long ItemKey { get; set; }

    public long LabelerKey { get; set; }

    public int Revision { get; set; }

    public short? ClassIndex { get; set; }

    public float? Confidence { get; set; }

    public int? DurationMs { get; set; }

    public DateTimeOffset? AnnotatedAt { get; set; }

    public DateTimeOffset ReceivedAt { get; set; }
}

internal sealed class RequestIdEntity
{
    public long DatasetId { get; set; }

    public Guid RequestId { get; set; }

    public required string Method { get; set; }

    public required byte[] BodyHash { get; set; }

    public byte[]? Response { get; set; }

    public DateTimeOffset CreateTime { get; set; }
}

internal sealed class ServerSecretEntity
{
    public required string Name { get; set; }

    public required byte[] Bytes { get; set; }

    public DateTimeOffset CreateTime { get; set; }
}
