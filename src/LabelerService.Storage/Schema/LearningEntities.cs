namespace LabelerService.Storage.Schema;

internal sealed class TrainingRunEntity
{
    public long DatasetId { get; set; }

    public required string RunId { get; set; }

    public Guid Uid { get; set; }

    public required string Algorithm { get; set; }

    public required string ModelId { get; set; }

    public long Seed { get; set; }

    public required string RequestedSettings { get; set; }

    public string EffectiveSettings { get; set; } = "{}";

    public short State { get; set; }

    public int Priority { get; set; }

    public int Attempt { get; set; }

    public bool CancelRequested { get; set; }

    public string? LeaseOwner { get; set; }

    public DateTimeOffset? LeaseExpiresAt { get; set; }

    public long FencingToken { get; set; }

    public string? Phase { get; set; }

    public int? Epoch { get; set; }

    public int? Epochs { get; set; }

    public double? Loss { get; set; }

    public double? ValidationMetric { get; set; }

    public string? ValidationMetricName { get; set; }

    public double? EtaSeconds { get; set; }

    public string? Error { get; set; }

    public int? ModelVersion { get; set; }

    public long LastSequence { get; set; }

    /// <summary>Whether the events were thinned out after the end. No part of an index with what progress changes: that would cost it dear.</summary>
    public bool EventsThinned { get; set; }

    /// <summary>The dataset's count of changed annotations shortly before its snapshot was read.</summary>
    public long? AnnotationChanges { get; set; }

    /// <summary>The retraining policy that made it; null where somebody did.</summary>
    public string? RetrainingPolicy { get; set; }

    public string? RetrainingReason { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset? StartTime { get; set; }

    public DateTimeOffset? EndTime { get; set; }

    public DateTimeOffset UpdateTime { get; set; }

    public long Version { get; set; }

    /// <summary>Attempts since the run last got ahead.</summary>
    public int StalledAttempts { get; set; }

    /// <summary>How far it has ever been.</summary>
    public long CheckpointSteps { get; set; }

    public int ResumedCount { get; set; }

    public DateTimeOffset? LastCheckpointTime { get; set; }

    public string? WarmStartModel { get; set; }

    public int? WarmStartVersion { get; set; }

    /// <summary>The learning curve whose points it trains; null where it trains one model.</summary>
    public string? CurveId { get; set; }

    /// <summary>The trace of the call that made it (W3C traceparent); null for none.</summary>
    public string? TraceParent { get; set; }

    /// <summary>The least level of a trainer that may take it (<see cref="Runs.TrainerLevel"/>).</summary>
    public short TrainerLevel { get; set; }
}

/// <summary>What a run that is under way is taken up from; gone when it ends.</summary>
internal sealed class RunCheckpointEntity
{
    public long DatasetId { get; set; }

    public required string RunId { get; set; }

    public required string SnapshotId { get; set; }

    public required byte[] Snapshot { get; set; }

    public long Steps { get; set; }

    public byte[]? Bytes { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset UpdateTime { get; set; }
}

internal sealed class TrainingRunEventEntity
{
    public long DatasetId { get; set; }

    public required string RunId { get; set; }

    public long Sequence { get; set; }

    public short Kind { get; set; }

    public string Payload { get; set; } = "{}";

    public DateTimeOffset Time { get; set; }
}

internal sealed class ModelEntity
{
    public long DatasetId { get; set; }

    public required string ModelId { get; set; }

    public int LatestVersion { get; set; }

    public string DisplayName { get; set; } = "";

    public string Description { get; set; } = "";

    public int? CanaryVersion { get; set; }

    public double CanaryShare { get; set; }

    public int RetentionVersions { get; set; }

    public long RetentionSeconds { get; set; }

    public long AliasChanges { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset UpdateTime { get; set; }

    public DateTimeOffset? DeleteTime { get; set; }

    public long Version { get; set; }
}

internal sealed class ModelVersionEntity
{
    public long DatasetId { get; set; }

    public required string ModelId { get; set; }

    public int Version { get; set; }

    public required byte[] ArtefactSha256 { get; set; }

    public long ArtefactLength { get; set; }

    public byte[]? WeightsSha256 { get; set; }

    public long? WeightsLength { get; set; }

    public byte[]? OutOfFoldSha256 { get; set; }

    public long? OutOfFoldLength { get; set; }

    public byte[]? EncoderSha256 { get; set; }

    public long? EncoderLength { get; set; }

    public required string Manifest { get; set; }

    public required string RunId { get; set; }

    public short State { get; set; }

    public int? ChampionVersion { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset? DeleteTime { get; set; }

    public string DeleteActor { get; set; } = "";

    /// <summary>What was erased that its files still hold (<see cref="Labelers.ErasureMode"/>); null for nothing.</summary>
    public short? ErasedData { get; set; }

    public DateTimeOffset? EraseTime { get; set; }
}

internal sealed class ModelAliasEntity
{
    public long DatasetId { get; set; }

    public required string ModelId { get; set; }

    public required string Alias { get; set; }

    public int ModelVersion { get; set; }

    public long Version { get; set; }

    public DateTimeOffset UpdateTime { get; set; }
}

/// <summary>One line of a model's history. A canary's line has no alias.</summary>
internal sealed class ModelAliasChangeEntity
{
    public long DatasetId { get; set; }

    public required string ModelId { get; set; }

    public long Change { get; set; }

    public short Kind { get; set; }

    public string Alias { get; set; } = "";

    public int? FromVersion { get; set; }

    public int? ToVersion { get; set; }

    public double? CanaryShare { get; set; }

    /// <summary>The change that a rollback of this one goes back to: the one that made the state before it.</summary>
    public long? BackTo { get; set; }

    public string Actor { get; set; } = "";

    public string Reason { get; set; } = "";

    public DateTimeOffset Time { get; set; }
}

internal sealed class ArtefactEntity
{
    public required byte[] Sha256 { get; set; }

    public required byte[] Bytes { get; set; }

    public long Length { get; set; }

    public DateTimeOffset CreateTime { get; set; }
}
