using LabelerService.Core.Datasets;

namespace LabelerService.Storage.Items;

/// <summary>How features are packed. The values are stored; never renumber.</summary>
public enum FeatureEncoding
{
    /// <summary>IEEE 754 binary32, little-endian.</summary>
    Float32 = 1,

    /// <summary>IEEE 754 binary16, little-endian.</summary>
    Float16 = 2,
}

/// <summary>An item to create or replace.</summary>
/// <param name="ItemId">External id, 1 to 256 bytes of UTF-8, unique within the dataset.</param>
/// <param name="Split">Part of the dataset.</param>
/// <param name="Features">Packed features, <see cref="DatasetSchema.FeatureLength"/> values; empty keeps what is stored.</param>
/// <param name="Encoding">How <paramref name="Features"/> is packed.</param>
/// <param name="GoldClass">Gold class index; null keeps what is stored.</param>
public sealed record ItemWrite(
    string ItemId, Split Split, ReadOnlyMemory<byte> Features, FeatureEncoding Encoding = FeatureEncoding.Float32, int? GoldClass = null);

/// <summary>What a batch of items changed.</summary>
/// <param name="Created">Items that are new.</param>
/// <param name="Updated">Items whose content differed.</param>
/// <param name="Unchanged">Items that were stored as they are.</param>
public sealed record ItemUpsertResult(int Created, int Updated, int Unchanged);

/// <summary>A stored item without its features.</summary>
public sealed record ItemRecord
{
    /// <summary>Key within the dataset; ascending in order of arrival. The cursor of a list.</summary>
    public required long Key { get; init; }

    /// <summary>External id.</summary>
    public required string ItemId { get; init; }

    /// <summary>Part of the dataset.</summary>
    public required Split Split { get; init; }

    /// <summary>Whether features are stored.</summary>
    public required bool HasFeatures { get; init; }

    /// <summary>Gold class index, if known.</summary>
    public required int? GoldClass { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When it last changed (database clock).</summary>
    public required DateTimeOffset UpdateTime { get; init; }
}

/// <summary>Which items a list returns; null does not filter.</summary>
/// <param name="Split">Only this split.</param>
/// <param name="HasGold">Only items with (true) or without (false) a gold class.</param>
/// <param name="ItemId">Only the item with this external id.</param>
public sealed record ItemFilter(Split? Split = null, bool? HasGold = null, string? ItemId = null);

/// <summary>The features of one item.</summary>
/// <param name="Key">Key of the item, ascending within a stream.</param>
/// <param name="ItemId">External id.</param>
/// <param name="GoldClass">Gold class index, if known.</param>
/// <param name="Features">float32 values, length D.</param>
public sealed record ItemFeatures(long Key, string ItemId, int? GoldClass, float[] Features);

/// <summary>A gold class to set, or to clear.</summary>
/// <param name="ItemId">External id of an existing item.</param>
/// <param name="GoldClass">Class index; null clears.</param>
public sealed record GoldWrite(string ItemId, int? GoldClass);

/// <summary>What a batch of gold classes changed.</summary>
/// <param name="Changed">Items whose gold class is now another.</param>
/// <param name="Unchanged">Items that had it already.</param>
public sealed record GoldWriteResult(int Changed, int Unchanged);
