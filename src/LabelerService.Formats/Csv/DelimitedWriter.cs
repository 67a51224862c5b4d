using System.Buffers;
using System.Globalization;
using System.Text;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Csv;

/// <summary>Writes delimited text, lines ending in a line feed, quotes only where they are needed.</summary>
internal sealed class DelimitedWriter : TableWriter
{
    private const int FlushAt = 1 << 16;

    private readonly Stream _stream;
    private readonly IReadOnlyList<Column> _columns;
    private readonly int[] _written;
    private readonly char _delimiter;
    private readonly bool _safe;
    private readonly SearchValues<char> _quoted;
    private readonly StringBuilder _text = new();
    private readonly UTF8Encoding _encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Prepares the writing.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="columns">Columns of the rows.</param>
    /// <param name="delimiter">What is between cells.</param>
    /// <param name="options">How to write.</param>
    /// <param name="name">Names columns in the file; null leaves a column out. Null names them as they are.</param>
    public DelimitedWriter(
        Stream stream, IReadOnlyList<Column> columns, byte delimiter, WriteOptions options, Func<Column, string?>? name)
    {
        _stream = stream;
        _columns = columns;
        _delimiter = (char)delimiter;
        _safe = options.SpreadsheetSafe;
        _quoted = SearchValues.Create([_delimiter, '"', '\r', '\n']);
        var names = columns.Select(column => name is null ? column.Name : name(column)).ToArray();
        _written = [.. Enumerable.Range(0, columns.Count).Where(i => names[i] is not null)];
        _text.AppendJoin(_delimiter, names.Where(written => written is not null)).Append('\n');
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<Cell> cells, CancellationToken cancellationToken)
    {
        AppendRow(cells.Span);
        if (_text.Length >= FlushAt)
        {
            await FlushAsync(cancellationToken);
        }
    }

    public override ValueTask CompleteAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    private void AppendRow(ReadOnlySpan<Cell> cells)
    {
        for (var i = 0; i < _written.Length; i++)
        {
            if (i > 0)
            {
                _text.Append(_delimiter);
            }

            var at = _written[i];
            var cell = cells[at];
            if (cell.Kind == CellKind.Text)
            {
                AppendText(cell.Text);
            }
            else if (cell.Kind == CellKind.Real && _columns[at].Type == ColumnType.Single)
            {
                _text.Append(CultureInfo.InvariantCulture, $"{(float)cell.Real:R}");
            }
            else if (cell.Kind is CellKind.Bytes or CellKind.Numbers)
            {
                throw new NotSupportedException($"Delimited text has no room for the {_columns[at].Name}.");
            }
            else
            {
                _text.Append(cell.ToString());
            }
        }

        _text.Append('\n');
    }

    private void AppendText(string text)
    {
        var unsafeStart = _safe && text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r';
        var quote = text.AsSpan().ContainsAny(_quoted) || (text.Length > 0 && (text[0] <= ' ' || text[^1] <= ' ' || text[0] == '\uFEFF'));
        if (quote)
        {
            _text.Append('"').Append(unsafeStart ? "'" : "").Append(text).Replace("\"", "\"\"", _text.Length - text.Length, text.Length).Append('"');
        }
        else
        {
            _text.Append(unsafeStart ? "'" : "").Append(text);
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var bytes = _encoding.GetBytes(_text.ToString());
        _text.Clear();
        await _stream.WriteAsync(bytes, cancellationToken);
    }
}
