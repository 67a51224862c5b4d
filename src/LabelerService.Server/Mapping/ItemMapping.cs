using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using DomainSplit = LabelerService.Core.Datasets.Split;
using WireSplit = LabelerService.Contracts.V1.Split;

namespace LabelerService.Server.Mapping;

/// <summary>Items between proto and domain.</summary>
internal static class ItemMapping
{
    /// <summary>The resource of a stored item.</summary>
    public static Item ToResource(DatasetRecord dataset, ItemRecord record) => new()
    {
        Name = ResourceName.Item(dataset.Id, record.Key),
        ItemId = record.ItemId,
        Split = (WireSplit)record.Split,
        GoldClass = record.GoldClass is { } gold ? dataset.Schema.Classes[gold] : "",
        HasFeatures = record.HasFeatures,
        HasContent = record.ContentType is not null,
        MediaType = record.ContentType switch
        {
            ContentType.Png => "image/png",
            ContentType.Jpeg => "image/jpeg",
            ContentType.Text => "text/plain",
            _ => "",
        },
        CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
        UpdateTime = Timestamp.FromDateTimeOffset(record.UpdateTime),
    };

    /// <summary>The resource of a stored item with what was read of its data. The arrays go out as they are, uncopied.</summary>
    public static Item ToResource(DatasetRecord dataset, StoredItem stored)
    {
        var item = ToResource(dataset, stored.Item);
        if (stored.Features is { } features)
        {
            item.Features = ToTensor(dataset.Schema, features, stored.Encoding);
        }

        if (stored.Content is { } content)
        {
            if (stored.Item.ContentType == ContentType.Text)
            {
                item.Text = System.Text.Encoding.UTF8.GetString(content);
            }
            else
            {
                item.Image = UnsafeByteOperations.UnsafeWrap(content);
            }
        }

        return item;
    }

    /// <summary>A FLOAT32 tensor over the given values.</summary>
    public static Tensor ToTensor(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        var tensor = new Tensor
        {
            DataType = Tensor.Types.DataType.Float32,
            Data = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values)),
        };
        foreach (var side in shape)
        {
            tensor.Shape.Add(side);
        }

        return tensor;
    }

    /// <summary>The split of a request; null for UNSPECIFIED.</summary>
    public static DomainSplit? ReadSplit(WireSplit split, string field, RequestValidator validator)
    {
        if (split == WireSplit.Unspecified)
        {
            return null;
        }

        validator.Require(System.Enum.IsDefined(split), field, "is not a split this service knows");
        return (DomainSplit)split;
    }

    private static Tensor ToTensor(DatasetSchema schema, byte[] features, FeatureEncoding encoding)
    {
        var values = features.Length / FeaturePacking.Size(encoding);
        var columns = schema.ItemKind == ItemKind.Sequence ? schema.ItemShape[0] : values;
        return new Tensor
        {
            DataType = encoding switch
            {
                FeatureEncoding.Float16 => Tensor.Types.DataType.Float16,
                FeatureEncoding.UInt8 => Tensor.Types.DataType.Uint8,
                _ => Tensor.Types.DataType.Float32,
            },
            Shape = { values / columns, columns },
            Data = UnsafeByteOperations.UnsafeWrap(features),
        };
    }
}
