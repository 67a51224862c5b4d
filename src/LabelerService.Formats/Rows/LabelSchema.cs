using System.Diagnostics.CodeAnalysis;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Rows of labels.</summary>
public sealed class LabelSchema : RowSchema<LabelRow>
{
    /// <summary>How far in the future a time may be: clocks differ, days do not.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private const int Item = 0;
    private const int Labeler = 1;
    private const int Label = 2;
    private const int Time = 3;
    private const int Confidence = 4;
    private const int Duration = 5;
    private const int Retracted = 6;

    private readonly DateTimeOffset _latest;

    /// <summary>Prepares reading and writing.</summary>
    /// <param name="now">Now; times beyond it are refused.</param>
    /// <param name="retracted">Whether written files have the column <c>retracted</c>.</param>
    public LabelSchema(DateTimeOffset now, bool retracted = true)
    {
        _latest = now + ClockTolerance;
        Columns = retracted ? All : [.. All.Take(Retracted)];
    }

    private static IReadOnlyList<Column> All { get; } =
    [
        new Column("item", Required: true, OtherNames: "task"),
        new Column("labeler", Required: true, OtherNames: ["worker", "performer"]),
        new Column("label", Required: true),
        new Column("time", ColumnType.Time),
        new Column("confidence", ColumnType.Single),
        new Column("duration", ColumnType.Double),
        new Column("retracted", ColumnType.Boolean),
    ];

    /// <inheritdoc/>
    public override RowKind Kind => RowKind.Labels;

    /// <inheritdoc/>
    public override IReadOnlyList<Column> Columns { get; }

    /// <inheritdoc/>
    public override bool TryRead(ReadOnlySpan<Cell> cells, [MaybeNullWhen(false)] out LabelRow row, [NotNullWhen(false)] out string? problem)
    {
        var reader = new CellReader(cells, Columns);
        var item = reader.Key(Item);
        var labeler = reader.Key(Labeler);
        var label = reader.Text(Label) ?? "";
        var retracted = Columns.Count > Retracted && reader.Flag(Retracted);
        if (retracted && label.Length > 0)
        {
            reader.Refuse(Label, "is set though the row is retracted: leave it empty");
        }
        else if (!retracted && label.Length == 0)
        {
            reader.Refuse(Label, "is empty");
        }

        var time = reader.Time(Time);
        if (time > _latest)
        {
            reader.Refuse(Time, $"{TimeText.Format(time.Value)} is in the future");
        }

        const string confidenceRule = "is not a number from 0 to 1";
        var confidence = reader.Number(Confidence, confidenceRule);
        if (confidence is not (null or >= 0 and <= 1))
        {
            reader.Refuse(Confidence, $"\"{Header.Shorten(cells[Confidence].ToString())}\" {confidenceRule}");
        }

        const string durationRule = "is not a number of seconds from 0 to 2,147,483";
        var seconds = reader.Number(Duration, durationRule);
        if (seconds is not (null or >= 0 and <= 2_147_483))
        {
            reader.Refuse(Duration, $"\"{Header.Shorten(cells[Duration].ToString())}\" {durationRule}");
        }

        problem = reader.Problem;
        row = problem is not null ? null : new LabelRow(
            item, labeler, label, time, (float?)confidence,
            seconds is { } value ? TimeSpan.FromMilliseconds((long)Math.Round(value * 1000)) : null, retracted);
        return problem is null;
    }

    /// <inheritdoc/>
    public override void Write(LabelRow row, Span<Cell> cells)
    {
        cells[Item] = Cell.Of(row.Item);
        cells[Labeler] = Cell.Of(row.Labeler);
        cells[Label] = row.Label.Length == 0 ? default : Cell.Of(row.Label);
        cells[Time] = row.Time is { } time ? Cell.Of(time) : default;
        cells[Confidence] = row.Confidence is { } confidence ? Cell.Of((double)confidence) : default;
        cells[Duration] = row.Duration is { } duration ? Cell.Of(duration.TotalMilliseconds / 1000) : default;
        if (Columns.Count > Retracted)
        {
            cells[Retracted] = row.Retracted ? Cell.Of(true) : default;
        }
    }
}
