using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Items;
using Npgsql;

namespace LabelerService.Storage.Queries;

/// <summary>Items of no fixed length.</summary>
internal sealed partial class SnapshotItems
{
    /// <summary>Bytes of UTF-8 that the texts of a snapshot may have together: they are held in memory.</summary>
    public const long MaximumTextBytes = 1L << 30;

    private const string TextBytes =
        """
        SELECT coalesce(sum(octet_length(content)), 0)::bigint FROM items
        WHERE dataset_id = $1 AND content IS NOT NULL AND ($2::bigint[] IS NULL OR item_key = ANY ($2))
        """;

    private const string SequenceValues =
        """
        SELECT coalesce(sum(octet_length(features) / CASE feature_encoding WHEN 1 THEN 4 WHEN 2 THEN 2 ELSE 1 END), 0)::bigint FROM items
        WHERE dataset_id = $1 AND features IS NOT NULL AND ($2::bigint[] IS NULL OR item_key = ANY ($2))
        """;

    private static async Task<SnapshotItems> ReadTextsAsync(
        NpgsqlConnection connection, long dataset, DatasetSchema schema, int count, SnapshotContent? pinned, SnapshotHash hash, CancellationToken cancel)
    {
        var bytes = await Sql.Command(connection, TextBytes, dataset, KeysOf(pinned)).ScalarAsync<long>(cancel);
        CheckTexts(bytes, MaximumTextBytes);
        var texts = new RawTexts();
        var items = new SnapshotItems(count, Array.Empty<float>()) { Contents = texts };
        await items.CopyOutAsync(connection, dataset, schema, pinned, stored: true, (i, source) =>
        {
            texts.Add(source.Packed);
            hash.Item(items.Ids[i], items.Splits[i], items.Gold[i], (ReadOnlySpan<byte>)source.Packed);
        }, cancel);
        return items;
    }

    /// <exception cref="ServiceException">FailedPrecondition (SNAPSHOT_TOO_LARGE): the texts are too many bytes.</exception>
    internal static void CheckTexts(long bytes, long maximum)
    {
        if (bytes > maximum)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "SNAPSHOT_TOO_LARGE",
                $"The texts of the dataset are {bytes} bytes together, and a training run holds at most {maximum}. Train on a dataset with fewer or shorter texts.");
        }
    }

    private static async Task<SnapshotItems> ReadSequencesAsync(
        NpgsqlConnection connection, long dataset, DatasetSchema schema, int count, SnapshotContent? pinned, FeatureCache? cache, SnapshotHash hash,
        CancellationToken cancel)
    {
        var step = schema.ItemShape[0];
        var values = await Sql.Command(connection, SequenceValues, dataset, KeysOf(pinned)).ScalarAsync<long>(cancel);
        if (values / step > int.MaxValue || (values > Array.MaxLength && cache is null))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "SNAPSHOT_TOO_LARGE",
                $"{count} sequences of {values / step} steps together are more than one training run can "
                + (cache is null ? "hold in memory. Give the trainer a --feature-cache." : "read. Train on a dataset with fewer or shorter sequences."));
        }

        var ends = new int[count];
        if (cache is not null && cache.Takes(values * sizeof(float)))
        {
            return await ReadMappedSequencesAsync(connection, dataset, schema, ends, (int)(values / step), pinned, cache, hash, cancel);
        }

        var all = new float[values];
        var items = new SnapshotItems(count, Array.Empty<float>()) { Contents = new RawSequences(step, ends, all) };
        await items.CopyOutAsync(connection, dataset, schema, pinned, stored: true, (i, source) =>
        {
            var row = all.AsSpan(TakeSteps(ends, i, source, step), Values(source));
            FeaturePacking.Unpack(source.Packed, source.Encoding, row);
            hash.Item(items.Ids[i], items.Splits[i], items.Gold[i], row);
        }, cancel);
        return items;
    }

    private static async Task<SnapshotItems> ReadMappedSequencesAsync(
        NpgsqlConnection connection, long dataset, DatasetSchema schema, int[] ends, int steps, SnapshotContent? pinned, FeatureCache cache,
        SnapshotHash hash, CancellationToken cancel)
    {
        var step = schema.ItemShape[0];
        var state = await StateAsync(connection, dataset, step, pinned, cancel);
        var items = new SnapshotItems(ends.Length, Array.Empty<float>());
        var values = Array.Empty<float>();
        var file = cache.Find(state, steps, step, cancel);
        try
        {
            using var writer = file is null ? cache.Create(state, step) : null;
            await items.CopyOutAsync(connection, dataset, schema, pinned, stored: file is null, (i, source) =>
            {
                var first = TakeSteps(ends, i, source, step);
                if (values.Length < Values(source))
                {
                    values = new float[Values(source)];
                }

                var row = values.AsSpan(0, Values(source));
                if (file is not null)
                {
                    file.CopyRows(first / step, row);
                }
                else
                {
                    FeaturePacking.Unpack(source.Packed, source.Encoding, row);
                    writer!.AppendRows(row);
                }

                hash.Item(items.Ids[i], items.Splits[i], items.Gold[i], row);
            }, cancel);
            if (writer is not null)
            {
                writer.Complete();
                file = cache.Find(state, steps, step, cancel) ?? throw new IOException("The sequences just written are not there, or not as they were written.");
                cache.Trim(state);
            }
        }
        catch
        {
            file?.Dispose();
            throw;
        }

        items.Contents = new RawSequences(ends, file!);
        return items;
    }

    private static int Values(Source source) => source.Bytes / FeaturePacking.Size(source.Encoding);

    // Notes where an item ends, and tells at which value it begins.
    private static int TakeSteps(int[] ends, int item, Source source, int step)
    {
        var first = item == 0 ? 0 : ends[item - 1];
        ends[item] = first + (Values(source) / step);
        return first * step;
    }
}
