using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LabelerService.Core.Encodings;
using LabelerService.Core.Training;
using LabelerService.Extraction;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Queries;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>
/// Makes rows of a snapshot's items by an extractor. What it made of an item before, for whatever run, is read from the database; what it makes
/// now is kept there, a block at a time, so that a run that is interrupted goes on with what it has.
/// </summary>
internal sealed partial class ExtractedRows(ExtractionStore extractions, DatasetStore datasets, FeatureRows rows, ILogger<ExtractedRows> logger)
{
    // Items that are looked up, extracted and kept at once; and values of them that are held at most.
    private const int MostBlockItems = 2048;
    private const int BlockValues = 16 * 1024 * 1024;

    /// <summary>Makes the rows.</summary>
    /// <param name="raw">The data as read; taken over, and disposed of in the end.</param>
    /// <param name="extractor">The extractor; the caller's, who keeps it until this returns.</param>
    /// <param name="cancel">Observed between blocks of items.</param>
    public async Task<EncodedSnapshot> MakeAsync(TrainingSnapshot raw, OnnxExtractor extractor, CancellationToken cancel)
    {
        using var values = raw;
        var dataset = await datasets.GetAsync(raw.Dataset, cancel);
        var (count, length) = (raw.ItemIds.Length, extractor.Encoding.FeatureLength);
        var (hashes, contents) = await Task.Run(() => Hashes(raw, cancel), cancel);
        var extraction = await extractions.OpenAsync(dataset.Key, extractor.Fingerprint(), length, cancel);
        var block = Math.Clamp(BlockValues / Math.Max(length, raw.FeatureLength), 1, MostBlockItems);
        var made = 0;
        var identity = $"{Convert.ToHexStringLower(extractor.Fingerprint())} {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<Guid>(contents)))}";
        var features = await rows.MakeAsync(
            identity, count, length, block, "Train on fewer items, or by an extractor of fewer features.",
            async (first, part) => made += await FillAsync(raw, extractor, extraction, contents, first, part, cancel), cancel);
        LogMade(raw.Dataset, count, made);
        return new EncodedSnapshot(raw.Encoded(extractor.Encoding, features, hashes), null);
    }

    private async Task<int> FillAsync(
        TrainingSnapshot raw, OnnxExtractor extractor, FeatureExtraction extraction, Guid[] contents, int first, Memory<float> part,
        CancellationToken cancel)
    {
        var length = extraction.FeatureLength;
        var count = part.Length / length;
        var found = await extractions.ReadAsync(extraction, raw.ItemKeys[first..(first + count)], contents[first..(first + count)], part, cancel);
        int[] missing = [.. Enumerable.Range(0, count).Where(i => !found[i])];
        if (missing.Length == 0)
        {
            return 0;
        }

        var made = new float[missing.Length * length];
        await Task.Run(() => Extract(raw, extractor, first, missing, made, cancel), cancel);
        for (var i = 0; i < missing.Length; i++)
        {
            made.AsMemory(i * length, length).CopyTo(part.Slice(missing[i] * length, length));
        }

        await extractions.WriteAsync(
            extraction, [.. missing.Select(i => raw.ItemKeys[first + i])], [.. missing.Select(i => contents[first + i])], made, cancel);
        return missing.Length;
    }

    private static void Extract(TrainingSnapshot raw, OnnxExtractor extractor, int first, int[] missing, float[] made, CancellationToken cancel)
    {
        var (length, step) = (extractor.Encoding.FeatureLength, extractor.BlockItems);
        Parallel.For(
            0, (missing.Length + step - 1) / step, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount },
            b =>
            {
                var items = new RawItem[Math.Min(step, missing.Length - (b * step))];
                var values = new float[items.Length * raw.FeatureLength];
                for (var i = 0; i < items.Length; i++)
                {
                    var row = values.AsMemory(i * raw.FeatureLength, raw.FeatureLength);
                    raw.Features.CopyRow(first + missing[(b * step) + i], row.Span);
                    items[i] = new RawItem(row);
                }

                extractor.Encode(items, made.AsSpan(b * step * length, items.Length * length), cancel);
            });
    }

    // The fingerprint that versions keep of items they were trained on is the beginning of the one that features are found by.
    private static (long[] Hashes, Guid[] Contents) Hashes(TrainingSnapshot raw, CancellationToken cancel)
    {
        var (hashes, contents) = (new long[raw.ItemIds.Length], new Guid[raw.ItemIds.Length]);
        var row = new float[raw.FeatureLength];
        for (var i = 0; i < hashes.Length; i++)
        {
            if (i % 1024 == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            raw.Features.CopyRow(i, row);
            contents[i] = ExtractionStore.HashOf(row, out hashes[i]);
        }

        return (hashes, contents);
    }

    [LoggerMessage(EventId = 91, Level = LogLevel.Information, Message = "Features of {Items} items of datasets/{Dataset}: {Made} extracted now, the rest known.")]
    private partial void LogMade(string dataset, int items, int made);
}
