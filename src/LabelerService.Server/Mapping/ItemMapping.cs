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
        CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
        UpdateTime = Timestamp.FromDateTimeOffset(record.UpdateTime),
    };

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

    /// <summary>Checks a batch of items and reads it.</summary>
    /// <param name="schema">Schema of the dataset.</param>
    /// <param name="batch">The batch, null where the request has none.</param>
    /// <param name="validator">Takes the violations, paths from <c>batch</c> on.</param>
    /// <returns>The items; only meaningful if the validator has no violation.</returns>
    public static IReadOnlyList<ItemWrite> ReadBatch(DatasetSchema schema, ItemBatch? batch, RequestValidator validator)
    {
        if (batch is null)
        {
            validator.Add("batch", "must be set");
            return [];
        }

        var split = ReadSplit(batch.Split, "batch.split", validator) ?? DomainSplit.Train;
        var count = batch.ItemIds.Count;
        if (!validator.BatchSize(count, "batch.item_ids")
            || !CheckIds(batch, validator)
            || !TensorReader.Check(batch.Features, count, schema.FeatureLength, "batch.features", validator))
        {
            return [];
        }

        var (encoding, size) = batch.Features.DataType == Tensor.Types.DataType.Float32
            ? (FeatureEncoding.Float32, sizeof(float))
            : (FeatureEncoding.Float16, 2);
        var stride = schema.FeatureLength * size;
        var data = batch.Features.Data.Memory;
        var items = new ItemWrite[count];
        for (var i = 0; i < count; i++)
        {
            items[i] = new ItemWrite(batch.ItemIds[i], split, data.Slice(i * stride, stride), encoding);
        }

        return items;
    }

    private static bool CheckIds(ItemBatch batch, RequestValidator validator)
    {
        var right = true;
        var seen = new HashSet<string>(batch.ItemIds.Count, StringComparer.Ordinal);
        for (var i = 0; i < batch.ItemIds.Count && !validator.IsFull; i++)
        {
            var field = $"batch.item_ids[{i}]";
            right &= validator.ExternalId(batch.ItemIds[i], field)
                && validator.Require(seen.Add(batch.ItemIds[i]), field, "repeats an item of the same batch");
        }

        return right;
    }
}
