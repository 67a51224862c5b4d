using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Items as the API takes them: column by column, one kind of contents and one length of rows a batch.</summary>
internal static class ItemBatches
{
    // Tags and lengths of an entry's key, content, split and gold class.
    private const int Framing = 32;

    /// <summary>Items in groups that fit a message and have one kind of contents.</summary>
    /// <param name="items">The items, each with what belongs to it.</param>
    /// <param name="most">Most items of a group.</param>
    /// <param name="cancellationToken">Ends the reading of items.</param>
    public static async IAsyncEnumerable<List<(TRow Row, NewItem Item)>> GroupAsync<TRow>(
        IAsyncEnumerable<(TRow Row, NewItem Item)> items, int most = ClientStream.MaximumEntries,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var group = new List<(TRow Row, NewItem Item)>();
        var bytes = 0L;
        await foreach (var entry in items.WithCancellation(cancellationToken))
        {
            var size = Framing + (3L * entry.Item.Id.Length) + (3L * entry.Item.GoldClass.Length) + (entry.Item.Content?.Size ?? 0);
            if (group.Count > 0
                && (group.Count == most || bytes + size > ClientStream.MaximumMessage || !GoTogether(group[0].Item.Content, entry.Item.Content)))
            {
                yield return group;
                group = [];
                bytes = 0;
            }

            group.Add(entry);
            bytes += size;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    /// <summary>Whether two contents may stand in one batch.</summary>
    public static bool GoTogether(ItemContent? one, ItemContent? other) => one?.Is == other?.Is
        && (one?.Is != ItemContent.Kind.Features || one.Values.Length == other!.Values.Length);

    /// <summary>A batch of items that go together.</summary>
    /// <exception cref="ArgumentException">The items stand for stored ones.</exception>
    public static ItemBatch ToBatch(IReadOnlyList<NewItem> items)
    {
        var batch = new ItemBatch();
        foreach (var item in items)
        {
            batch.ItemIds.Add(item.Id);
            batch.Splits.Add(item.Split);
            batch.GoldClasses.Add(item.GoldClass);
        }

        if (batch.GoldClasses.All(gold => gold.Length == 0))
        {
            batch.GoldClasses.Clear();
        }

        var contents = items.Select(item => item.Content).OfType<ItemContent>().ToArray();
        switch (items[0].Content?.Is)
        {
            case ItemContent.Kind.Features:
                batch.Features = Matrix(contents);
                break;
            case ItemContent.Kind.Sequence:
                batch.Sequences.Add(contents.Select(Steps));
                break;
            case ItemContent.Kind.Text:
                batch.Texts.Add(contents.Select(content => content.String));
                break;
            case ItemContent.Kind.Image:
                batch.Images.Add(contents.Select(content => UnsafeByteOperations.UnsafeWrap(content.Bytes)));
                break;
            case ItemContent.Kind.Stored:
                throw new ArgumentException("An item is stored with contents of its own, not with those of a stored one.", nameof(items));
        }

        return batch;
    }

    /// <summary>Vectors of one length as a matrix, FLOAT32 [N, D].</summary>
    public static Tensor Matrix(IReadOnlyList<ItemContent> contents)
    {
        var length = contents[0].Values.Length;
        var bytes = new byte[contents.Count * length * sizeof(float)];
        var values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        for (var i = 0; i < contents.Count; i++)
        {
            contents[i].Values.Span.CopyTo(values[(i * length)..]);
        }

        return new Tensor
        {
            DataType = Tensor.Types.DataType.Float32,
            Shape = { contents.Count, length },
            Data = UnsafeByteOperations.UnsafeWrap(bytes),
        };
    }

    /// <summary>A sequence, FLOAT32 [T, D].</summary>
    public static Tensor Steps(ItemContent content) => new()
    {
        DataType = Tensor.Types.DataType.Float32,
        Shape = { content.Values.Length / content.StepLength, content.StepLength },
        Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(content.Values.Span)),
    };
}
