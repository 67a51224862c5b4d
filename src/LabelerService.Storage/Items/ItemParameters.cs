using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LabelerService.Core.Datasets;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Items;

/// <summary>A checked batch of items as column arrays.</summary>
internal sealed record ItemParameters(
    string[] Ids, short[] Splits, byte[]?[] Features, short[] Encodings, short?[] Gold, byte[]?[] Contents, short?[] ContentTypes, Guid?[] Hashes)
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
        var contents = new byte[]?[items.Count];
        var types = new short?[items.Count];
        var hashes = new Guid?[items.Count];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            ids[i] = item.ItemId;
            splits[i] = (short)item.Split;
            features[i] = item.Features.IsEmpty ? null : Bytes(item.Features);
            encodings[i] = (short)item.Encoding;
            gold[i] = (short?)item.GoldClass;
            contents[i] = item.Content is { } content ? Bytes(content.Bytes) : null;
            types[i] = (short?)item.Content?.Type;
            hashes[i] = item.Features.IsEmpty && item.Content is null ? null : ContentHash(hash, item);
        }

        return new ItemParameters(ids, splits, features, encodings, gold, contents, types, hashes);
    }

    /// <summary>
    /// The first half of SHA-256 over the encoding, the features, and the content with its type: what tells one content from another
    /// without reading either. The migration computes the same in SQL for items from before.
    /// </summary>
    private static Guid ContentHash(IncrementalHash hash, ItemWrite item)
    {
        Span<byte> number = stackalloc byte[sizeof(short)];
        BinaryPrimitives.WriteInt16BigEndian(number, (short)item.Encoding);
        hash.AppendData(number);
        hash.AppendData(item.Features.Span);
        if (item.Content is { } content)
        {
            BinaryPrimitives.WriteInt16BigEndian(number, (short)content.Type);
            hash.AppendData(number);
            hash.AppendData(content.Bytes.Span);
        }

        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(full);
        return new Guid(full[..16], bigEndian: true);
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

            if (ItemRules.FeatureProblem(schema, item.Features.Span, item.Encoding) is { } features)
            {
                problems.Add($"items[{i}].features", features);
            }

            if (ItemRules.ContentProblem(schema, item) is { } content)
            {
                problems.Add($"items[{i}].content", content);
            }

            if (item.GoldClass is { } gold && (gold < 0 || gold >= schema.Classes.Count))
            {
                problems.Add($"items[{i}].gold_class", $"must be a class index from 0 to {schema.Classes.Count - 1}");
            }
        }

        problems.ThrowInvalid();
    }
}
