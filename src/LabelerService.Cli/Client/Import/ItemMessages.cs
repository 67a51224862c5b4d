using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Rows of items as the API takes them.</summary>
/// <param name="dataset">The dataset.</param>
/// <param name="contents">Reads images.</param>
/// <param name="split">Split of items whose row has none.</param>
internal sealed class ItemMessages(Dataset dataset, ItemContents contents, Split split)
{
    /// <summary>Rows in groups that fit a message and have one kind of contents.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="most">Most rows of a group.</param>
    public IAsyncEnumerable<List<(FileRow<ItemRow> Row, NewItem Item)>> GroupAsync(
        IAsyncEnumerable<FileRow<ItemRow>> rows, int most = ClientStream.MaximumEntries) =>
        ItemBatches.GroupAsync(rows.Select(row => (row, ToItem(row.Value!))), most);

    /// <summary>A batch of a group.</summary>
    public static ItemBatch ToBatch(IEnumerable<(FileRow<ItemRow> Row, NewItem Item)> group) =>
        ItemBatches.ToBatch([.. group.Select(entry => entry.Item)]);

    private NewItem ToItem(ItemRow row) => new(row.Item, ContentOf(row))
    {
        Split = row.Split is { } own ? (Split)own : split,
        GoldClass = contents.Gold(row),
    };

    private ItemContent? ContentOf(ItemRow row) => row switch
    {
        { Features: not null } when dataset.ItemType.KindCase == ItemType.KindOneofCase.Sequence =>
            ItemContent.Sequence(row.Features.Values, dataset.ItemType.Sequence.StepLength),
        { Features: not null } => ItemContent.Features(row.Features.Values),
        { Text: not null } => ItemContent.Text(row.Text),
        { Image: not null } or { Path: not null } => ItemContent.Image(contents.Image(row)),
        _ => null,
    };
}
