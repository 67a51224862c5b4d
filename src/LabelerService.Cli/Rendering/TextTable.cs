using Spectre.Console;
using Spectre.Console.Rendering;

namespace LabelerService.Cli.Rendering;

/// <summary>
/// A table of text that fits the terminal: as it is where there is room, with sentences folded where that is enough, and else row by row as
/// records of "column  value", so that names can still be read and copied.
/// </summary>
internal sealed class TextTable(IReadOnlyList<string> columns) : Renderable
{
    // Narrower than this a column of sentences is a tower of syllables.
    private const int LeastFolded = 24;

    // Dates, states and numbers with a unit stay on one line.
    private const int ShortCell = 24;

    private const int CellPadding = 2;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; cells left out are empty.</summary>
    public void Add(IReadOnlyList<string> cells)
    {
        if (cells.Count > columns.Count)
        {
            throw new ArgumentException($"A row has {cells.Count} cells, the table {columns.Count} columns.", nameof(cells));
        }

        _rows.Add([.. cells.Select(PlainText.Of), .. Enumerable.Repeat("", columns.Count - cells.Count)]);
    }

    protected override Measurement Measure(RenderOptions options, int maxWidth) => Layout(options, maxWidth).Measure(options, maxWidth);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => Layout(options, maxWidth).Render(options, maxWidth);

    private IRenderable Layout(RenderOptions options, int width)
    {
        var natural = columns.Select((column, i) => _rows.Select(row => Width(row[i])).Append(Width(column)).Max()).ToArray();
        if (natural.Sum() + (CellPadding * columns.Count) <= width)
        {
            return Grid(_ => true);
        }

        // Of names and their values the values give way; a record of records says nothing.
        if (columns.Count <= 2)
        {
            return Grid(i => i == 0);
        }

        // Only columns with long sentences may be folded; what they need at least decides.
        var folds = natural.Select((most, i) => most > ShortCell && _rows.Exists(row => row[i].Contains(' ', StringComparison.Ordinal))).ToArray();
        var least = natural.Select((most, i) => folds[i] ? Math.Min(most, Math.Max(LeastFolded, LongestWord(i))) : most).Sum();
        return least + (CellPadding * columns.Count) <= width ? Grid(i => !folds[i]) : Records();

        int Width(string text) => text.Split('\n').Max(line => ((IRenderable)new Text(line)).Measure(options, int.MaxValue).Max);

        int LongestWord(int i) => _rows.Max(row => row[i].Split(' ', '\n').Max(Width));
    }

    private Table Grid(Func<int, bool> keepsTogether)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < columns.Count; i++)
        {
            table.AddColumn(new TableColumn(Header(columns[i])) { NoWrap = keepsTogether(i) });
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        if (_rows.Count == 0)
        {
            table.AddRow("(none)");
        }

        return table;
    }

    private Rows Records()
    {
        var parts = new List<IRenderable>();
        foreach (var row in _rows)
        {
            parts.Add(Text.Empty);
            var record = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn(new GridColumn().PadRight(0));
            for (var i = 0; i < columns.Count; i++)
            {
                if (row[i].Length > 0)
                {
                    record.AddRow(Header(columns[i]), new Text(row[i]));
                }
            }

            parts.Add(record);
        }

        parts.Add(Text.Empty);
        return new Rows(parts);
    }

    private static Text Header(string column) => new(PlainText.Of(column), new Style(decoration: Decoration.Bold));
}
