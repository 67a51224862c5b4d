using System.Runtime.InteropServices;
using LabelerService.Core.Datasets;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Items;

/// <summary>A checked batch of items as column arrays.</summary>
internal sealed record ItemParameters(string[] Ids, short[] Splits, byte[]?[] Features, short[] Encodings, short?[] Gold)
{
    /// <exception cref="Core.Errors.ServiceException">InvalidArgument naming <c>items[i]…</c>.</exception>
    public static ItemParameters Create(DatasetRecord dataset, IReadOnlyList<ItemWrite> items)
    {
        Check(dataset.Schema, items);
        var ids = new string[items.Count];
        var splits = new short[items.Count];
        var features = new byte[]?[items.Count];
        var encodings = new short[items.Count];
        var gold = new short?[items.Count];
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            ids[i] = item.ItemId;
            splits[i] = (short)item.Split;
            features[i] = item.Features.IsEmpty ? null : Bytes(item.Features);
            encodings[i] = (short)item.Encoding;
            gold[i] = (short?)item.GoldClass;
        }

        return new ItemParameters(ids, splits, features, encodings, gold);
    }

    // An array that is sent whole goes out as it is; a slice has to be copied because the driver takes only whole arrays.
    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var segment) && segment.Array is { } array && segment.Offset == 0 && segment.Count == array.Length
            ? array
            : memory.ToArray();

    private static void Check(DatasetSchema schema, IReadOnlyList<ItemWrite> items)
    {
        var problems = new Violations();
        var seen = new HashSet<string>(items.Count);
        for (var i = 0; i < items.Count && !problems.Full; i++)
        {
            var item = items[i];
            if (TextRules.ExternalIdProblem(item.ItemId) is { } id)
            {
                problems.Add($"items[{i}].item_id", id);
            }
            else if (!seen.Add(item.ItemId))
            {
                problems.Add($"items[{i}].item_id", "appears twice in this batch");
            }

            if (item.Split is not (Split.Train or Split.Validation or Split.Test))
            {
                problems.Add($"items[{i}].split", "must be train, validation or test");
            }

            if (FeatureProblem(schema, item) is { } features)
            {
                problems.Add($"items[{i}].features", features);
            }

            if (item.GoldClass is { } gold && (gold < 0 || gold >= schema.Classes.Count))
            {
                problems.Add($"items[{i}].gold_class", $"must be a class index from 0 to {schema.Classes.Count - 1}");
            }
        }

        problems.ThrowInvalid();
    }

    private static string? FeatureProblem(DatasetSchema schema, ItemWrite item)
    {
        if (item.Encoding is not (FeatureEncoding.Float32 or FeatureEncoding.Float16))
        {
            return "must be float32 or float16";
        }

        if (item.Features.IsEmpty)
        {
            return null;
        }

        var size = FeaturePacking.Size(item.Encoding);
        if (item.Features.Length % size != 0)
        {
            return $"must be whole values of {size} bytes (it has {item.Features.Length} bytes)";
        }

        if (schema.FeatureLength > 0 && item.Features.Length != (long)schema.FeatureLength * size)
        {
            return $"must have {schema.FeatureLength} values (it has {item.Features.Length / size})";
        }

        return FeaturePacking.IndexOfNonFinite(item.Features.Span, item.Encoding) is var at && at >= 0
            ? $"must be finite (value {at} is NaN or infinite)"
            : null;
    }
}
