using LabelerService.Core.Curves;
using LabelerService.Storage.Runs;

namespace LabelerService.Storage.Curves;

/// <summary>A learning curve to create.</summary>
/// <param name="CurveId"><c>[a-z0-9-]{1,63}</c>, unique within the dataset.</param>
/// <param name="Algorithm">Algorithm id.</param>
/// <param name="Settings">Settings as requested, without the capacity where the plan names some.</param>
/// <param name="Plan">What is measured; checked.</param>
public sealed record CurveWrite(string CurveId, string Algorithm, IReadOnlyDictionary<string, string> Settings, CurvePlan Plan);

/// <summary>A stored learning curve.</summary>
public sealed record CurveRecord
{
    /// <summary>Key of the dataset.</summary>
    public required long DatasetKey { get; init; }

    /// <summary>Id of the dataset.</summary>
    public required string DatasetId { get; init; }

    /// <summary>Id within the dataset.</summary>
    public required string CurveId { get; init; }

    /// <summary>Unique for all time.</summary>
    public required Guid Uid { get; init; }

    /// <summary>Algorithm id.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Settings as requested.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>What is measured.</summary>
    public required CurvePlan Plan { get; init; }

    /// <summary>The run that measures it, or did last.</summary>
    public required string RunId { get; init; }

    /// <summary>Points in all.</summary>
    public required int PointCount { get; init; }

    /// <summary>Points measured so far.</summary>
    public required int MeasuredCount { get; init; }

    /// <summary>What accuracy is measured against; null before the first point.</summary>
    public required CurveBasis? Basis { get; init; }

    /// <summary>How much data there is in all; null before the first point.</summary>
    public required CurveSize? Size { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }
}

/// <summary>What a run that measures a curve begins with.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Pin">The data that its points are parts of; null where none is measured yet.</param>
/// <param name="Points">The points measured, by place in the plan.</param>
public sealed record CurveBeginning(CurveRecord Curve, SnapshotPin? Pin, IReadOnlyDictionary<int, CurvePoint> Points);
