using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace LabelerService.Cli.Rendering;

/// <summary>Tables in one style; cells are text, never markup.</summary>
internal static class Tables
{
    /// <summary>A table with these columns.</summary>
    public static TextTable Create(params IReadOnlyList<string> columns) => new(columns);

    /// <summary>Adds a row of text.</summary>
    public static void AddTextRow(this TextTable table, params IReadOnlyList<string> cells) => table.Add(cells);

    /// <summary>A time to the second, in UTC.</summary>
    public static string Time(Timestamp? time) =>
        time is null ? "" : time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A text short enough for a cell.</summary>
    public static string Shorten(string text, int length = 48) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
