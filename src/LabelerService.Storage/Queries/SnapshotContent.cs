using System.IO.Compression;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Tensors;
using LabelerService.Storage.Runs;

namespace LabelerService.Storage.Queries;

/// <summary>Everything of a snapshot but texts and features, by database key; keys ascend. Small: a few bytes an annotation, compressed.</summary>
/// <param name="ItemKeys">The items that have features.</param>
/// <param name="Splits">Split of each.</param>
/// <param name="Gold">Gold class of each, −1 for none.</param>
/// <param name="LabelerKeys">The labelers.</param>
/// <param name="Items">Item of each annotation, as an index into the items.</param>
/// <param name="Labelers">Labeler of each annotation, as an index into the labelers.</param>
/// <param name="Classes">Class of each annotation.</param>
internal sealed record SnapshotContent(
    long[] ItemKeys, Split[] Splits, int[] Gold, long[] LabelerKeys, int[] Items, int[] Labelers, int[] Classes)
{
    /// <summary>Takes the content of a snapshot that has been read.</summary>
    public static SnapshotContent Of(SnapshotItems items, long[] labelerKeys, AnnotationTable annotations) => new(
        items.Keys, items.Splits, items.Gold, labelerKeys, annotations.Items.ToArray(), annotations.Labelers.ToArray(),
        annotations.Classes.ToArray());

    /// <summary>Writes it for <see cref="SnapshotPin"/>.</summary>
    public byte[] ToBytes()
    {
        var archive = new TensorArchive(
            new Dictionary<string, string>(),
            new Dictionary<string, Array>
            {
                ["item_keys"] = Differences(ItemKeys),
                ["splits"] = Array.ConvertAll(Splits, split => (byte)split),
                ["gold"] = Array.ConvertAll(Gold, gold => checked((short)gold)),
                ["labeler_keys"] = Differences(LabelerKeys),
                ["items"] = Differences(Items),
                ["labelers"] = Labelers,
                ["classes"] = Array.ConvertAll(Classes, label => checked((short)label)),
            }).ToBytes();
        using var stream = new MemoryStream();
        using (var compressed = new BrotliStream(stream, CompressionLevel.Fastest))
        {
            compressed.Write(archive);
        }

        return stream.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is not that.</exception>
    public static SnapshotContent Read(byte[] bytes)
    {
        using var stream = new MemoryStream();
        try
        {
            using var compressed = new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress);
            compressed.CopyTo(stream);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException("The list of a snapshot is damaged.", error);
        }

        var archive = TensorArchive.Read(stream.GetBuffer().AsSpan(0, (int)stream.Length));
        var content = new SnapshotContent(
            Sums(Of<long>("item_keys")), Array.ConvertAll(Of<byte>("splits"), split => (Split)split),
            Array.ConvertAll(Of<short>("gold"), gold => (int)gold), Sums(Of<long>("labeler_keys")), Sums(Of<int>("items")), Of<int>("labelers"),
            Array.ConvertAll(Of<short>("classes"), label => (int)label));
        return content.Splits.Length == content.ItemKeys.Length && content.Gold.Length == content.ItemKeys.Length
            ? content
            : throw new InvalidDataException("The list of a snapshot has splits or gold of other items.");

        T[] Of<T>(string name) => archive.Arrays.GetValueOrDefault(name) as T[] ?? throw new InvalidDataException($"The list of a snapshot has no {name}.");
    }

    // Ascending numbers lie close together: their differences take hardly any room.
    private static T[] Differences<T>(T[] values)
        where T : struct, System.Numerics.INumber<T> => [.. values.Select((value, i) => i == 0 ? value : value - values[i - 1])];

    private static T[] Sums<T>(T[] differences)
        where T : struct, System.Numerics.INumber<T>
    {
        var sum = T.Zero;
        return Array.ConvertAll(differences, difference => sum = unchecked(sum + difference));
    }
}
