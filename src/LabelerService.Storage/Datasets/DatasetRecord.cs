using LabelerService.Core.Datasets;

namespace LabelerService.Storage.Datasets;

/// <summary>A stored dataset. Its key, id and schema never change, so a record may be cached; deletion is noticed by every write.</summary>
public sealed record DatasetRecord
{
    /// <summary>Surrogate key, first column of every other table's primary key.</summary>
    public required long Key { get; init; }

    /// <summary>The id users see, <c>[a-z0-9-]{1,63}</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Never reused, unlike the id of a deleted dataset.</summary>
    public required Guid Uid { get; init; }

    /// <summary>Name for people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Classes, label kind, item kind and shape; fixed at creation.</summary>
    public required DatasetSchema Schema { get; init; }

    /// <summary>Free key-value pairs.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When it last changed (database clock).</summary>
    public required DateTimeOffset UpdateTime { get; init; }

    /// <summary>Grows with every change; the etag.</summary>
    public required long Version { get; init; }

    /// <summary>How much it may hold.</summary>
    public DatasetQuota Quota { get; init; } = new();
}

/// <summary>How much a dataset may hold; 0 for no limit.</summary>
/// <param name="MaxItems">Items.</param>
/// <param name="MaxAnnotations">Annotations that are not retracted.</param>
/// <param name="MaxLabelers">Labelers.</param>
/// <param name="MaxBytes">Bytes of items' features and contents.</param>
public sealed record DatasetQuota(long MaxItems = 0, long MaxAnnotations = 0, long MaxLabelers = 0, long MaxBytes = 0);

/// <summary>A dataset to create.</summary>
/// <param name="Id"><c>[a-z0-9-]{1,63}</c>, unique.</param>
/// <param name="Schema">Classes, label kind, item kind and shape.</param>
/// <param name="DisplayName">Name for people, at most 256 bytes of UTF-8.</param>
/// <param name="Tags">Free key-value pairs.</param>
/// <param name="Quota">How much it may hold; null for no limits.</param>
public sealed record DatasetWrite(
    string Id, DatasetSchema Schema, string DisplayName = "", IReadOnlyDictionary<string, string>? Tags = null, DatasetQuota? Quota = null);

/// <summary>What to change of a dataset; null leaves a field as it is.</summary>
/// <param name="DisplayName">New name for people.</param>
/// <param name="Tags">New tags, replacing all.</param>
/// <param name="Quota">New quota, replacing all of it; what is there already stays.</param>
public sealed record DatasetChange(
    string? DisplayName = null, IReadOnlyDictionary<string, string>? Tags = null, DatasetQuota? Quota = null);

/// <summary>How much a dataset holds.</summary>
/// <param name="Items">Items.</param>
/// <param name="ItemsWithFeatures">Items that have features and can be trained on.</param>
/// <param name="Labelers">Registered labelers.</param>
/// <param name="Annotations">Current annotations, without retracted ones.</param>
/// <param name="GoldItems">Items with a gold class.</param>
/// <param name="TrainItems">Items of the train split.</param>
/// <param name="ValidationItems">Items of the validation split.</param>
/// <param name="TestItems">Items of the test split.</param>
public sealed record DatasetCounts(
    long Items, long ItemsWithFeatures, long Labelers, long Annotations, long GoldItems,
    long TrainItems, long ValidationItems, long TestItems);

/// <summary>What a dataset holds at one moment, and what was ever written to it.</summary>
/// <param name="Time">The moment, by the database's clock.</param>
/// <param name="Items">Items.</param>
/// <param name="Labelers">Labelers.</param>
/// <param name="Annotations">Annotations that are not retracted.</param>
/// <param name="AnnotationWrites">Annotations created, revised and retracted since the dataset was made.</param>
/// <param name="ItemWrites">Items created and changed since then, gold classes set and cleared among them.</param>
public sealed record ActivitySample(
    DateTimeOffset Time, long Items, long Labelers, long Annotations, long AnnotationWrites, long ItemWrites);
