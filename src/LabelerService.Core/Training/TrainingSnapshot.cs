using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;

namespace LabelerService.Core.Training;

/// <summary>The data of one training run, read in one consistent snapshot of the database.</summary>
public sealed class TrainingSnapshot : IDisposable
{
    /// <summary>The dataset's id.</summary>
    public required string Dataset { get; init; }

    /// <summary>
    /// Identifies the data: hex SHA-256 over schema, items, splits, gold and annotations. Recorded in the lineage of a model, so that
    /// the same id means the same data.
    /// </summary>
    public required string SnapshotId { get; init; }

    /// <summary>Classes, label kind and item shape.</summary>
    public required DatasetSchema Schema { get; init; }

    /// <summary>External ids of the N items that have features, by ascending key.</summary>
    public required string[] ItemIds { get; init; }

    /// <summary>Database keys of the items, ascending; empty where they come from elsewhere.</summary>
    public long[] ItemKeys { get; init; } = [];

    /// <summary>When each item was last written, as UTC ticks; empty where <see cref="ItemKeys"/> is.</summary>
    public long[] ItemTimes { get; init; } = [];

    /// <summary>Features [N, D] float32; D is <see cref="DatasetSchema.FeatureLength"/>.</summary>
    public required FeatureMatrix Features { get; init; }

    /// <summary>Split of each item.</summary>
    public required Split[] Splits { get; init; }

    /// <summary>Gold class of each item, −1 where there is none.</summary>
    public required int[] Gold { get; init; }

    /// <summary>External ids of the R labelers, by ascending key.</summary>
    public required string[] LabelerIds { get; init; }

    /// <summary>Annotations over these N items and R labelers.</summary>
    public required AnnotationTable Annotations { get; init; }

    /// <summary>Lets go of a file that the features are in.</summary>
    public void Dispose() => Features.Dispose();
}
