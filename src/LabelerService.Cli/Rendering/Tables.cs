using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Spectre.Console;

namespace LabelerService.Cli.Rendering;

/// <summary>Tables in one style; cells are text, never markup.</summary>
internal static class Tables
{
    /// <summary>A table with these columns.</summary>
    public static Table Create(params IReadOnlyList<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))));
        }

        return table;
    }

    /// <summary>Adds a row of text.</summary>
    public static void AddTextRow(this Table table, params IReadOnlyList<string> cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    /// <summary>A time to the second, in UTC.</summary>
    public static string Time(Timestamp? time) =>
        time is null ? "" : time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A text short enough for a cell.</summary>
    public static string Shorten(string text, int length = 48) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
