using System.Diagnostics.CodeAnalysis;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Rows of gold classes.</summary>
public sealed class GoldSchema : RowSchema<GoldRow>
{
    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Gold;

    /// <inheritdoc/>
    public override IReadOnlyList<Column> Columns { get; } =
    [
        new Column("item", Required: true, OtherNames: "task"),
        new Column("label", Required: true, OtherNames: ["gold", "true_label"]),
    ];

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<Cell> cells, [MaybeNullWhen(false)] out GoldRow row, [NotNullWhen(false)] out string? problem)
    {
        var reader = new CellReader(cells, Columns);
        var item = reader.Key(0);
        var label = reader.Text(1);
        if (label is null)
        {
            reader.Refuse(1, "is empty");
        }

        problem = reader.Problem;
        row = problem is null ? new GoldRow(item, label!) : null;
        return problem is null;
    }

    /// <inheritdoc/>
    public override void Write(GoldRow row, Span<Cell> cells)
    {
        cells[0] = Cell.Of(row.Item);
        cells[1] = Cell.Of(row.Label);
    }
}
