using System.Diagnostics.CodeAnalysis;
using LabelerService.Core.Datasets;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Rows of items.</summary>
/// <param name="columns">The columns that written files have.</param>
public sealed class ItemSchema(IReadOnlyList<Column> columns) : RowSchema<ItemRow>
{
    private const int MaximumTextBytes = 65_536;

    private static readonly Column ItemColumn = new("item", Required: true, OtherNames: "task");
    private static readonly Column SplitColumn = new("split");
    private static readonly Column GoldColumn = new("gold");
    private static readonly Column FeaturesColumn = new("features", ColumnType.Numbers);
    private static readonly Column TextColumn = new("text");
    private static readonly Column ImageColumn = new("image", ColumnType.Bytes);
    private static readonly Column PathColumn = new("path");

    private readonly int _item = IndexOf(columns, ItemColumn);
    private readonly int _split = IndexOf(columns, SplitColumn);
    private readonly int _gold = IndexOf(columns, GoldColumn);
    private readonly int _features = IndexOf(columns, FeaturesColumn);
    private readonly int _text = IndexOf(columns, TextColumn);
    private readonly int _image = IndexOf(columns, ImageColumn);
    private readonly int _path = IndexOf(columns, PathColumn);

    /// <summary>Everything that a file of items may have.</summary>
    public static ItemSchema Any { get; } =
        new([ItemColumn, SplitColumn, GoldColumn, FeaturesColumn, TextColumn, ImageColumn, PathColumn]);

    /// <summary>Items without contents.</summary>
    public static ItemSchema Bare { get; } = new([ItemColumn, SplitColumn, GoldColumn]);

    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Items;

    /// <inheritdoc/>
    public override IReadOnlyList<Column> Columns => columns;

    /// <summary>The columns of items of a kind. An image is a file, or values where no file was given.</summary>
    public static ItemSchema For(ItemKind kind) => new(
    [
        ItemColumn, SplitColumn, GoldColumn,
        .. kind switch
        {
            ItemKind.Text => new[] { TextColumn },
            ItemKind.Image => [FeaturesColumn, ImageColumn],
            _ => [FeaturesColumn],
        },
    ]);

    /// <summary>A split in words.</summary>
    public static string SplitText(Split split) => split switch
    {
        Split.Train => "train",
        Split.Validation => "validation",
        _ => "test",
    };

    /// <summary>A split from words; null if they are none.</summary>
    public static Split? ReadSplit(string text) => text.ToLowerInvariant() switch
    {
        "train" or "training" => Split.Train,
        "valid" or "validation" => Split.Validation,
        "test" => Split.Test,
        _ => null,
    };

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<Cell> cells, [MaybeNullWhen(false)] out ItemRow row, [NotNullWhen(false)] out string? problem)
    {
        var reader = new CellReader(cells, Columns);
        var item = reader.Key(_item);
        Split? split = null;
        if (TextOf(ref reader, _split) is { } splitText && (split = ReadSplit(splitText)) is null)
        {
            reader.Refuse(_split, $"\"{Header.Shorten(splitText)}\" is not train, validation or test");
        }

        var gold = TextOf(ref reader, _gold);
        var features = _features < 0 ? null : reader.Numbers(_features);
        var text = TextOf(ref reader, _text);
        if (text is { Length: > MaximumTextBytes / 3 } && System.Text.Encoding.UTF8.GetByteCount(text) > MaximumTextBytes)
        {
            reader.Refuse(_text, $"is longer than {MaximumTextBytes} bytes");
        }

        var image = _image < 0 ? null : reader.Bytes(_image);
        var path = TextOf(ref reader, _path);
        var contents = (features is null ? 0 : 1) + (text is null ? 0 : 1) + (image is null ? 0 : 1) + (path is null ? 0 : 1);
        if (contents > 1)
        {
            reader.Refuse(_item, "has several contents: give one of features, text, image and path");
        }

        problem = reader.Problem;
        row = problem is null ? new ItemRow(item, split, gold, features, text, image, path) : null;
        return problem is null;
    }

    /// <inheritdoc/>
    public override void Write(ItemRow row, Span<Cell> cells)
    {
        cells.Clear();
        cells[_item] = Cell.Of(row.Item);
        Set(cells, _split, row.Split is { } split ? Cell.Of(SplitText(split)) : default);
        Set(cells, _gold, Cell.Of(row.Gold));
        Set(cells, _features, Cell.Of(row.Features));
        Set(cells, _text, Cell.Of(row.Text));
        Set(cells, _image, row.Image is { } image ? Cell.Of(image.ToArray()) : default);
        Set(cells, _path, Cell.Of(row.Path));
    }

    private static void Set(Span<Cell> cells, int column, Cell cell)
    {
        if (column >= 0)
        {
            cells[column] = cell;
        }
    }

    private static int IndexOf(IReadOnlyList<Column> columns, Column column) => columns.ToList().IndexOf(column);

    private static string? TextOf(ref CellReader reader, int column) => column < 0 ? null : reader.Text(column);
}
