using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;

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

    /// <summary>What a row of features is; the values of the items themselves where nothing else is said.</summary>
    public ItemEncoding Encoding
    {
        get => field ??= ItemEncoding.Expected(Schema);
        init;
    }

    /// <summary>Length D of a row of features.</summary>
    public int FeatureLength => Encoding.FeatureLength;

    /// <summary>
    /// What the items are where they have no fixed length: texts or sequences, which have to be encoded before they can be trained on. Null
    /// where <see cref="Features"/> are the items, or were made of them.
    /// </summary>
    public RawItems? Contents { get; init; }

    /// <summary>
    /// Fingerprints of the items as they are stored (<see cref="Models.OutOfFoldTable.HashOf(RawItem)"/>) [N], where features were made of
    /// them; empty where the features are the items.
    /// </summary>
    public long[] ContentHashes { get; init; } = [];

    /// <summary>Features [N, D] float32; D is <see cref="FeatureLength"/>.</summary>
    public required FeatureMatrix Features { get; init; }

    /// <summary>Split of each item.</summary>
    public required Split[] Splits { get; init; }

    /// <summary>Gold class of each item, −1 where there is none.</summary>
    public required int[] Gold { get; init; }

    /// <summary>External ids of the R labelers, by ascending key.</summary>
    public required string[] LabelerIds { get; init; }

    /// <summary>Annotations over these N items and R labelers.</summary>
    public required AnnotationTable Annotations { get; init; }

    /// <summary>The same data with features made of the items; what they were made of is left to this one.</summary>
    /// <param name="encoding">How they were made.</param>
    /// <param name="features">Features [N, D].</param>
    /// <param name="contentHashes">Fingerprints of the items [N].</param>
    public TrainingSnapshot Encoded(ItemEncoding encoding, FeatureMatrix features, long[] contentHashes) => new()
    {
        Dataset = Dataset,
        SnapshotId = SnapshotId,
        Schema = Schema,
        ItemIds = ItemIds,
        ItemKeys = ItemKeys,
        ItemTimes = ItemTimes,
        Encoding = encoding,
        ContentHashes = contentHashes,
        Features = features,
        Splits = Splits,
        Gold = Gold,
        LabelerIds = LabelerIds,
        Annotations = Annotations,
    };

    /// <summary>Lets go of files that features and contents are in.</summary>
    public void Dispose()
    {
        Features.Dispose();
        Contents?.Dispose();
    }
}
