using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Rows of items as the API takes them: column by column, one kind of contents a batch.</summary>
/// <param name="dataset">The dataset.</param>
/// <param name="contents">Reads images.</param>
/// <param name="split">Split of items whose row has none.</param>
internal sealed class ItemMessages(Dataset dataset, ItemContents contents, Split split)
{
    // Tags and lengths of an entry's key, content, split and gold class.
    private const int Framing = 32;

    private enum Kind
    {
        Bare,
        Features,
        Sequence,
        Text,
        Image,
    }

    /// <summary>A row with its image read.</summary>
    internal readonly record struct Loaded(FileRow<ItemRow> Row, ReadOnlyMemory<byte> Image);

    /// <summary>Rows in groups that fit a message and have one kind of contents.</summary>
    public async IAsyncEnumerable<List<Loaded>> GroupAsync(IAsyncEnumerable<FileRow<ItemRow>> rows)
    {
        var group = new List<Loaded>();
        var bytes = 0L;
        var kind = Kind.Bare;
        await foreach (var row in rows)
        {
            var item = row.Value!;
            var image = item.Image is null && item.Path is null ? default : contents.Image(item);
            var size = Framing + (3L * item.Item.Length) + (3L * (item.Gold?.Length ?? 0)) + (4L * (item.Features?.Values.Length ?? 0))
                + (3L * (item.Text?.Length ?? 0)) + image.Length;
            var next = KindOf(item);
            if (group.Count > 0 && (group.Count == ClientStream.MaximumEntries || bytes + size > ClientStream.MaximumMessage || next != kind))
            {
                yield return group;
                group = [];
                bytes = 0;
            }

            group.Add(new Loaded(row, image));
            bytes += size;
            kind = next;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    /// <summary>A batch of a group.</summary>
    public ItemBatch ToBatch(IReadOnlyList<Loaded> group)
    {
        var batch = new ItemBatch();
        foreach (var (row, image) in group)
        {
            var item = row.Value!;
            batch.ItemIds.Add(item.Item);
            batch.Splits.Add(item.Split is { } own ? (Split)own : split);
            batch.GoldClasses.Add(contents.Gold(item));
            switch (KindOf(item))
            {
                case Kind.Image:
                    batch.Images.Add(ByteString.CopyFrom(image.Span));
                    break;
                case Kind.Text:
                    batch.Texts.Add(item.Text);
                    break;
                case Kind.Sequence:
                    var values = item.Features!.Values;
                    var step = dataset.ItemType.Sequence.StepLength;
                    batch.Sequences.Add(Floats(values, values.Length / step, step));
                    break;
            }
        }

        if (KindOf(group[0].Row.Value!) == Kind.Features)
        {
            var length = group[0].Row.Value!.Features!.Values.Length;
            var values = new float[group.Count * length];
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Row.Value!.Features!.Values.CopyTo(values, i * length);
            }

            batch.Features = Floats(values, group.Count, length);
        }

        if (batch.GoldClasses.All(gold => gold.Length == 0))
        {
            batch.GoldClasses.Clear();
        }

        return batch;
    }

    private Kind KindOf(ItemRow item) => item switch
    {
        { Features: not null } when dataset.ItemType.KindCase == ItemType.KindOneofCase.Sequence => Kind.Sequence,
        { Features: not null } => Kind.Features,
        { Text: not null } => Kind.Text,
        { Image: not null } or { Path: not null } => Kind.Image,
        _ => Kind.Bare,
    };

    private static Tensor Floats(float[] values, params long[] shape) => new()
    {
        DataType = Tensor.Types.DataType.Float32,
        Shape = { shape },
        Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
    };
}
