namespace LabelerService.Storage.Schema;

internal sealed class CurveEntity
{
    public long DatasetId { get; set; }

    public required string CurveId { get; set; }

    public Guid Uid { get; set; }

    public required string Algorithm { get; set; }

    public required string Settings { get; set; }

    /// <summary>Shares, capacities and seeds.</summary>
    public required string Plan { get; set; }

    public int PointCount { get; set; }

    /// <summary>The run that measures it, or did last.</summary>
    public required string RunId { get; set; }

    /// <summary>The data that all its points are parts of, whichever run trains them; null until the first begins.</summary>
    public string? SnapshotId { get; set; }

    public byte[]? Snapshot { get; set; }

    public short? Basis { get; set; }

    public long? Items { get; set; }

    public long? Labels { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset UpdateTime { get; set; }
}

internal sealed class CurvePointEntity
{
    public long DatasetId { get; set; }

    public required string CurveId { get; set; }

    /// <summary>Its place in the plan, from 0.</summary>
    public int Point { get; set; }

    public required string Capacity { get; set; }

    public double ItemShare { get; set; }

    public double LabelShare { get; set; }

    public long Seed { get; set; }

    public long Items { get; set; }

    public long Labels { get; set; }

    public double? Accuracy { get; set; }

    public int Evaluated { get; set; }

    public double Seconds { get; set; }

    /// <summary>Why there is no accuracy.</summary>
    public string? Problem { get; set; }

    public DateTimeOffset CreateTime { get; set; }
}
