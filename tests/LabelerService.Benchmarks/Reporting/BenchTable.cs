using Spectre.Console;

namespace LabelerService.Benchmarks.Reporting;

/// <summary>A table of text under a title.</summary>
internal sealed class BenchTable(string title, params IReadOnlyList<string> columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row, one cell a column.</summary>
    public void Row(params string[] cells)
    {
        if (cells.Length != columns.Count)
        {
            throw new ArgumentException($"{cells.Length} cells do not fill {columns.Count} columns.", nameof(cells));
        }

        _rows.Add(cells);
    }

    /// <summary>Prints it; numbers stand to the right.</summary>
    public void Show(IAnsiConsole console)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (var c = 0; c < columns.Count; c++)
        {
            var column = new TableColumn(new Text(columns[c], new Style(decoration: Decoration.Bold)));
            table.AddColumn(c == 0 ? column : column.RightAligned());
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        console.WriteLine(title);
        console.Write(table);
    }
}
