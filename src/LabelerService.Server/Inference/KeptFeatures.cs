using LabelerService.Extraction;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Inference;

/// <summary>
/// Stored items as models take them. What an extractor has made of them for training is read and not made again: reading takes microseconds an
/// item, extracting up to a second. The rest is left to the block that predicts it.
/// </summary>
internal sealed class KeptFeatures(ExtractionStore extractions)
{
    // 64 MiB of float32: features of a request that are held at most.
    private const int MostValues = 16 * 1024 * 1024;

    /// <summary>What to predict.</summary>
    /// <param name="model">The version.</param>
    /// <param name="items">Items of its dataset, at least one, which it can read.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<PredictionInput> ReadAsync(PinnedModel model, IReadOnlyList<ItemFeatures> items, CancellationToken cancel)
    {
        var kept = model.Encoder is OnnxExtractor extractor ? await ReadAsync(model, extractor, items, cancel) : (Rows: [], Known: []);
        if (kept.Known.Length == items.Count && !kept.Known.Contains(false))
        {
            return PredictionInput.OfRows(kept.Rows, items.Count);
        }

        var raw = PredictionInput.Rent(items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            raw[i] = items[i].Raw;
        }

        return PredictionInput.OfItems(raw, items.Count) with { Rows = kept.Rows, Known = kept.Known };
    }

    private async Task<(float[] Rows, bool[] Known)> ReadAsync(
        PinnedModel model, OnnxExtractor extractor, IReadOnlyList<ItemFeatures> items, CancellationToken cancel)
    {
        var length = extractor.Encoding.FeatureLength;
        if (await extractions.FindAsync(model.Dataset.Key, extractor.Fingerprint(), length, cancel) is not { } extraction)
        {
            return ([], []);
        }

        var count = Math.Min(items.Count, MostValues / length);
        var (keys, hashes, rows) = (new long[count], new Guid[count], new float[count * length]);
        for (var i = 0; i < count; i++)
        {
            keys[i] = items[i].Key;
            hashes[i] = ExtractionStore.HashOf(items[i].Features, out _);
        }

        return (rows, await extractions.ReadAsync(extraction, keys, hashes, rows, cancel));
    }
}
