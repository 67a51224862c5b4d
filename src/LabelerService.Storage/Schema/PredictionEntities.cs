namespace LabelerService.Storage.Schema;

internal sealed class PredictionJobEntity
{
    public long DatasetId { get; set; }

    /// <summary>Names the job in <see cref="PredictionEntity"/>; never reused.</summary>
    public long JobKey { get; set; }

    public required string JobId { get; set; }

    public Guid Uid { get; set; }

    public required string ModelId { get; set; }

    public int ModelVersion { get; set; }

    /// <summary>What the request named, for those who read the job again.</summary>
    public required string Model { get; set; }

    public string Alias { get; set; } = "";

    public string Filter { get; set; } = "";

    public bool LabelerProbabilities { get; set; }

    public bool LabelerWeights { get; set; }

    public bool Distilled { get; set; }

    public short State { get; set; }

    /// <summary>Times it was claimed since the last block was written.</summary>
    public int Attempt { get; set; }

    public bool CancelRequested { get; set; }

    public string? LeaseOwner { get; set; }

    public DateTimeOffset? LeaseExpiresAt { get; set; }

    public long FencingToken { get; set; }

    /// <summary>Key of the last item that is to be predicted; null until a server has begun.</summary>
    public long? LastItemKey { get; set; }

    /// <summary>Key of the last item that was.</summary>
    public long DoneItemKey { get; set; }

    public long ItemCount { get; set; }

    public long PredictedCount { get; set; }

    public string? Error { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset? StartTime { get; set; }

    public DateTimeOffset? EndTime { get; set; }
}

internal sealed class PredictionEntity
{
    public long DatasetId { get; set; }

    public long JobKey { get; set; }

    public long ItemKey { get; set; }

    public short ClassIndex { get; set; }

    /// <summary>float32 [K], little-endian.</summary>
    public required byte[] Probabilities { get; set; }

    public float Entropy { get; set; }

    public float? Disagreement { get; set; }

    /// <summary>float32 [R, K].</summary>
    public byte[]? LabelerProbabilities { get; set; }

    /// <summary>float32 [R].</summary>
    public byte[]? LabelerWeights { get; set; }
}
