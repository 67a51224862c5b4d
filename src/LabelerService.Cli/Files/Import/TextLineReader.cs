using System.Globalization;
using System.Text;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files.Import;

/// <summary>The lines of a file as texts, named by their number, counted from 0.</summary>
internal sealed class TextLineReader : TableReader
{
    private readonly StreamReader _lines;
    private readonly string _prefix;
    private readonly int _item;
    private readonly int _text;
    private long _row;

    /// <param name="stream">The file; stays the caller's to dispose.</param>
    /// <param name="prefix">Put before the numbers.</param>
    /// <param name="columns">The columns to fill.</param>
    public TextLineReader(Stream stream, string prefix, IReadOnlyList<Column> columns)
        : base(columns)
    {
        _lines = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        _prefix = prefix;
        _item = columns.ToList().FindIndex(column => column.IsNamed("item"));
        _text = columns.ToList().FindIndex(column => column.IsNamed("text"));
    }

    public override async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var place = new RowPlace(RowPlaceKind.Line, _row + 1);
        string? line;
        try
        {
            line = await _lines.ReadLineAsync(cancellationToken);
        }
        catch (DecoderFallbackException)
        {
            throw new FileFormatException(place, "is not UTF-8, here or in a line behind: save the file as UTF-8");
        }

        if (line is null)
        {
            return false;
        }

        Place = place;
        Problem = null;
        Array.Clear(Cells);
        Cells[_item] = Cell.Of(_prefix + _row.ToString(CultureInfo.InvariantCulture));
        Cells[_text] = Cell.Of(line);
        _row++;
        return true;
    }

    public override ValueTask DisposeAsync()
    {
        _lines.Dispose();
        return base.DisposeAsync();
    }
}
