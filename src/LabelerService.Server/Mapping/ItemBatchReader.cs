using System.Text;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Server.Images;
using LabelerService.Server.Validation;
using LabelerService.Storage.Items;
using DomainSplit = LabelerService.Core.Datasets.Split;
using WireSplit = LabelerService.Contracts.V1.Split;

namespace LabelerService.Server.Mapping;

/// <summary>Checks batches of items of one dataset and reads them; image files are looked at from outside only, and decoded later.</summary>
internal sealed class ItemBatchReader(DatasetSchema schema)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ClassReader _classes = new(schema);

    /// <summary>Reads a batch.</summary>
    /// <param name="batch">The batch, null where the request has none.</param>
    /// <param name="validator">Takes the violations, paths from <c>batch</c> on.</param>
    /// <returns>
    /// The items, those with image files still without features; only meaningful if the validator has no violation.
    /// </returns>
    public IReadOnlyList<ItemWrite> Read(ItemBatch? batch, RequestValidator validator)
    {
        if (batch is null)
        {
            validator.Add("batch", "must be set");
            return [];
        }

        var count = batch.ItemIds.Count;
        var before = validator.Count;
        if (!validator.BatchSize(count, "batch.item_ids"))
        {
            return [];
        }

        CheckIds(batch, validator);
        var splits = ReadSplits(batch, validator);
        var gold = ReadGold(batch, validator);
        if (validator.Count > before)
        {
            return [];
        }

        var contents = ReadContents(batch, validator);
        if (validator.Count > before)
        {
            return [];
        }

        var items = new ItemWrite[count];
        for (var i = 0; i < count; i++)
        {
            var (features, encoding, content) = contents(i);
            items[i] = new ItemWrite(batch.ItemIds[i], splits[i], features, encoding, gold?[i], content);
        }

        return items;
    }

    private delegate (ReadOnlyMemory<byte> Features, FeatureEncoding Encoding, ItemContent? Content) Contents(int item);

    private Contents ReadContents(ItemBatch batch, RequestValidator validator)
    {
        var count = batch.ItemIds.Count;
        var kind = schema.ItemKind;
        var before = validator.Count;
        Only(batch.Features is null, kind is ItemKind.Vector or ItemKind.Image, "batch.features");
        Only(batch.Images.Count == 0, kind == ItemKind.Image, "batch.images");
        Only(batch.Texts.Count == 0, kind == ItemKind.Text, "batch.texts");
        Only(batch.Sequences.Count == 0, kind == ItemKind.Sequence, "batch.sequences");
        validator.Require(
            batch.Features is null || batch.Images.Count == 0, "batch.images", "must be empty where batch.features is set: images give their features themselves");
        if (validator.Count > before)
        {
            return _ => default;
        }

        if (batch.Features is { } features)
        {
            return ReadFeatures(features, count, validator);
        }

        if (batch.Images.Count > 0)
        {
            return ReadImages(batch, validator);
        }

        if (batch.Texts.Count > 0)
        {
            return ReadTexts(batch, validator);
        }

        return batch.Sequences.Count > 0 ? ReadSequences(batch, validator) : _ => (default, FeatureEncoding.Float32, null);

        void Only(bool absent, bool fits, string field) => validator.Require(
            absent || fits, field, $"must be empty: the items of this dataset are {Plural(kind)}");
    }

    private Contents ReadFeatures(Tensor tensor, int count, RequestValidator validator)
    {
        TensorReader.CheckItems(tensor, count, schema, "batch.features", validator);
        var encoding = Encoding(tensor);
        var stride = schema.FeatureLength * FeaturePacking.Size(encoding);
        var data = tensor.Data.Memory;
        return i => (data.Slice(i * stride, stride), encoding, null);
    }

    private Contents ReadImages(ItemBatch batch, RequestValidator validator)
    {
        if (!Fits(batch.Images.Count, batch, "batch.images", "images", validator))
        {
            return _ => default;
        }

        // Decoded, a small file can be large: the sum is known from the dataset, before anything is decoded.
        var pixels = (long)batch.Images.Count * schema.FeatureLength;
        if (!validator.Require(
            pixels <= Limits.PixelBytes, "batch.images",
            $"are {pixels} values together; a batch takes at most {Limits.PixelBytes}: send fewer images at a time"))
        {
            return _ => default;
        }

        var types = new ContentType[batch.Images.Count];
        for (var i = 0; i < types.Length && !validator.IsFull; i++)
        {
            var header = ImageHeader.Read(batch.Images[i].Span);
            types[i] = header.Format;
            if (header.ProblemFor(schema) is { } problem)
            {
                validator.Add($"batch.images[{i}]", problem);
            }
        }

        return i => (default, FeatureEncoding.UInt8, new ItemContent(types[i], batch.Images[i].Memory));
    }

    private static Contents ReadTexts(ItemBatch batch, RequestValidator validator)
    {
        if (!Fits(batch.Texts.Count, batch, "batch.texts", "texts", validator))
        {
            return _ => default;
        }

        var texts = new byte[batch.Texts.Count][];
        for (var i = 0; i < texts.Length && !validator.IsFull; i++)
        {
            try
            {
                texts[i] = Utf8.GetBytes(batch.Texts[i]);
                if (ItemRules.TextProblem(texts[i]) is { } problem)
                {
                    validator.Add($"batch.texts[{i}]", problem);
                }
            }
            catch (EncoderFallbackException)
            {
                validator.Add($"batch.texts[{i}]", "must be valid Unicode (it has half of a surrogate pair)");
            }
        }

        return i => (default, FeatureEncoding.Float32, new ItemContent(ContentType.Text, texts[i]));
    }

    private Contents ReadSequences(ItemBatch batch, RequestValidator validator)
    {
        if (Fits(batch.Sequences.Count, batch, "batch.sequences", "sequences", validator))
        {
            for (var i = 0; i < batch.Sequences.Count && !validator.IsFull; i++)
            {
                TensorReader.CheckSequence(batch.Sequences[i], schema.ItemShape[0], $"batch.sequences[{i}]", validator);
            }
        }

        return i => (batch.Sequences[i].Data.Memory, Encoding(batch.Sequences[i]), null);
    }

    private static void CheckIds(ItemBatch batch, RequestValidator validator)
    {
        var seen = new HashSet<string>(batch.ItemIds.Count, StringComparer.Ordinal);
        for (var i = 0; i < batch.ItemIds.Count && !validator.IsFull; i++)
        {
            var field = $"batch.item_ids[{i}]";
            if (validator.ExternalId(batch.ItemIds[i], field))
            {
                validator.Require(seen.Add(batch.ItemIds[i]), field, "repeats an item of the same batch");
            }
        }
    }

    private static DomainSplit[] ReadSplits(ItemBatch batch, RequestValidator validator)
    {
        var splits = new DomainSplit[batch.ItemIds.Count];
        if (batch.Splits.Count == 0)
        {
            Array.Fill(splits, ItemMapping.ReadSplit(batch.Split, "batch.split", validator) ?? DomainSplit.Train);
            return splits;
        }

        validator.Require(batch.Split == WireSplit.Unspecified, "batch.split", "must not be set together with batch.splits");
        if (Fits(batch.Splits.Count, batch, "batch.splits", "splits", validator))
        {
            for (var i = 0; i < splits.Length && !validator.IsFull; i++)
            {
                splits[i] = ItemMapping.ReadSplit(batch.Splits[i], $"batch.splits[{i}]", validator) ?? DomainSplit.Train;
            }
        }

        return splits;
    }

    private int?[]? ReadGold(ItemBatch batch, RequestValidator validator)
    {
        if (batch.GoldClasses.Count == 0 || !Fits(batch.GoldClasses.Count, batch, "batch.gold_classes", "gold classes", validator))
        {
            return null;
        }

        var gold = new int?[batch.GoldClasses.Count];
        for (var i = 0; i < gold.Length && !validator.IsFull; i++)
        {
            if (batch.GoldClasses[i].Length > 0)
            {
                gold[i] = _classes.ByName(batch.GoldClasses[i], $"batch.gold_classes[{i}]", validator);
            }
        }

        return gold;
    }

    private static bool Fits(int count, ItemBatch batch, string field, string what, RequestValidator validator) =>
        validator.Require(count == batch.ItemIds.Count, field, $"has {count} {what} for {batch.ItemIds.Count} items");

    private static FeatureEncoding Encoding(Tensor tensor) => tensor.DataType switch
    {
        Tensor.Types.DataType.Float16 => FeatureEncoding.Float16,
        Tensor.Types.DataType.Uint8 => FeatureEncoding.UInt8,
        _ => FeatureEncoding.Float32,
    };

    /// <summary>Items of a kind, for messages.</summary>
    public static string Plural(ItemKind kind) => kind switch
    {
        ItemKind.Vector => "vectors",
        ItemKind.Image => "images",
        ItemKind.Text => "texts",
        _ => "sequences",
    };
}
