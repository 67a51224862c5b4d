using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;

namespace LabelerService.Storage.Items;

/// <summary>How features are packed. The values are stored; never renumber.</summary>
public enum FeatureEncoding
{
    /// <summary>IEEE 754 binary32, little-endian.</summary>
    Float32 = 1,

    /// <summary>IEEE 754 binary16, little-endian.</summary>
    Float16 = 2,

    /// <summary>Unsigned bytes of an image, each standing for value / 255.</summary>
    UInt8 = 3,
}

/// <summary>What the content of an item is. The values are stored; never renumber.</summary>
public enum ContentType
{
    /// <summary>An image file in PNG.</summary>
    Png = 1,

    /// <summary>An image file in JPEG.</summary>
    Jpeg = 2,

    /// <summary>Text in UTF-8.</summary>
    Text = 3,
}

/// <summary>What an item was made from, kept as it was sent: an image file or a text.</summary>
/// <param name="Type">What the bytes are.</param>
/// <param name="Bytes">The bytes.</param>
public readonly record struct ItemContent(ContentType Type, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// An item to create or replace. Features and content are one thing: where either is given, both replace what is stored; where neither is
/// given, what is stored stays.
/// </summary>
/// <param name="ItemId">External id, 1 to 256 bytes of UTF-8, unique within the dataset.</param>
/// <param name="Split">Part of the dataset.</param>
/// <param name="Features">
/// Packed features: <see cref="DatasetSchema.FeatureLength"/> values, or for a sequence T × its step length; empty for none.
/// </param>
/// <param name="Encoding">How <paramref name="Features"/> is packed.</param>
/// <param name="GoldClass">Gold class index; null keeps what is stored.</param>
/// <param name="Content">Image file (with the features decoded from it) or text; null for none.</param>
public sealed record ItemWrite(
    string ItemId, Split Split, ReadOnlyMemory<byte> Features, FeatureEncoding Encoding = FeatureEncoding.Float32, int? GoldClass = null,
    ItemContent? Content = null);

/// <summary>What a batch of items changed.</summary>
/// <param name="Created">Items that are new.</param>
/// <param name="Updated">Items whose content differed.</param>
/// <param name="Unchanged">Items that were stored as they are.</param>
public sealed record ItemUpsertResult(int Created, int Updated, int Unchanged);

/// <summary>What a deletion of items removed.</summary>
/// <param name="Items">Items.</param>
/// <param name="Annotations">Current annotations that went with them.</param>
public sealed record ItemDeleteResult(int Items, long Annotations);

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

    /// <summary>What its content is; null without one.</summary>
    public required ContentType? ContentType { get; init; }

    /// <summary>Gold class index, if known.</summary>
    public required int? GoldClass { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When it last changed (database clock).</summary>
    public required DateTimeOffset UpdateTime { get; init; }
}

/// <summary>A stored item with as much of its data as was asked for.</summary>
/// <param name="Item">The item.</param>
/// <param name="Features">Packed features; null where there are none or none were asked for.</param>
/// <param name="Encoding">How they are packed.</param>
/// <param name="Content">The content; null where there is none or none was asked for.</param>
public sealed record StoredItem(ItemRecord Item, byte[]? Features, FeatureEncoding Encoding, byte[]? Content);

/// <summary>Which items to export, and how much of each.</summary>
/// <param name="Split">Only this split; null for all.</param>
/// <param name="Features">Whether to read features.</param>
/// <param name="Contents">Whether to read contents.</param>
public sealed record ItemExport(Split? Split, bool Features, bool Contents);

/// <summary>The features of one item, or its text.</summary>
/// <param name="Key">Key of the item, ascending within a stream.</param>
/// <param name="ItemId">External id.</param>
/// <param name="GoldClass">Gold class index, if known.</param>
/// <param name="Features">float32 values: D of a vector or an image, T · d of a sequence; empty for a text.</param>
/// <param name="Text">The text of an item of a dataset of texts; otherwise null.</param>
public sealed record ItemFeatures(long Key, string ItemId, int? GoldClass, float[] Features, string? Text = null)
{
    /// <summary>What encoders take.</summary>
    public RawItem Raw => new(Features, Text);
}

/// <summary>A gold class to set, or to clear.</summary>
/// <param name="ItemId">External id of an existing item.</param>
/// <param name="GoldClass">Class index; null clears.</param>
public sealed record GoldWrite(string ItemId, int? GoldClass);

/// <summary>What a batch of gold classes changed.</summary>
/// <param name="Changed">Items whose gold class is now another.</param>
/// <param name="Unchanged">Items that had it already.</param>
public sealed record GoldWriteResult(int Changed, int Unchanged);
