using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Csv;

/// <summary>Reads delimited text record by record.</summary>
internal sealed class DelimitedReader : TableReader
{
    private readonly GrowingBuffer _buffer;
    private readonly int _maximumBytes;
    private byte? _delimiter;
    private CsvRecord _record = null!;
    private int[] _columnOf = [];
    private IReadOnlyList<string> _unknown = [];
    private long _line = 1;
    private bool _headed;
    private bool _skipping;

    /// <summary>Prepares the reading.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="columns">The columns to look for.</param>
    /// <param name="delimiter">What is between cells; null takes the tab if the first line has one, otherwise the comma.</param>
    /// <param name="options">Limits.</param>
    public DelimitedReader(Stream stream, IReadOnlyList<Column> columns, byte? delimiter, ReadOptions options)
        : base(columns)
    {
        _buffer = new GrowingBuffer(stream, options.MaximumRowBytes);
        _maximumBytes = options.MaximumRowBytes;
        _delimiter = delimiter;
    }

    public override IReadOnlyList<string> UnknownColumns => _unknown;

    public override async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (IsBroken)
        {
            return false;
        }

        if (!_headed)
        {
            await ReadHeaderAsync(cancellationToken);
            _headed = true;
        }

        while (true)
        {
            if (_skipping && !await SkipLineAsync(cancellationToken))
            {
                return false;
            }

            var outcome = await NextAsync(cancellationToken);
            if (outcome is null)
            {
                return false;
            }

            if (outcome != CsvOutcome.Record)
            {
                return RefuseRecord(outcome.Value);
            }

            var place = new RowPlace(RowPlaceKind.Line, _line);
            _line += _record.InnerLines + (_record.HasLineBreak ? 1 : 0);
            var bytes = _buffer.Span[.._record.Length];
            if (_record.Count == 1 && IsBlank(bytes))
            {
                _buffer.Advance(_record.Length);
                continue;
            }

            ReadCells(place, bytes);
            _buffer.Advance(_record.Length);
            return true;
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    private async ValueTask ReadHeaderAsync(CancellationToken cancellationToken)
    {
        // The first line decides the encoding and, where it is not given, the delimiter.
        do
        {
            await _buffer.FillAsync(cancellationToken);
        }
        while (!_buffer.IsFinal && !_buffer.IsFull && !_buffer.Span.Contains((byte)'\n'));

        if (Utf8Text.ForeignEncoding(_buffer.Span) is { } foreign)
        {
            throw new FileFormatException(default, foreign);
        }

        _buffer.Advance(Utf8Text.MarkLength(_buffer.Span));
        if (_delimiter is null)
        {
            var head = _buffer.Span;
            var end = head.IndexOf((byte)'\n');
            _delimiter = (end < 0 ? head : head[..end]).Contains((byte)'\t') ? (byte)'\t' : (byte)',';
        }

        _record = new CsvRecord(_delimiter.Value);
        var place = new RowPlace(RowPlaceKind.Line, 1);
        var outcome = await NextAsync(cancellationToken) ?? throw new FileFormatException(default, "is empty");
        var bytes = _buffer.Span[..Math.Min(_record.Length, _buffer.Span.Length)];
        if (outcome != CsvOutcome.Record)
        {
            throw new FileFormatException(place, $"is no header: {Reason(outcome)}");
        }

        if (!Utf8Text.IsValid(bytes))
        {
            throw new FileFormatException(place, "is not UTF-8: save the file as UTF-8");
        }

        var names = new string[_record.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = CellText(bytes, _record[i]).Trim();
        }

        (_columnOf, _unknown) = Header.Match(names, Columns, place);
        _line += _record.InnerLines + (_record.HasLineBreak ? 1 : 0);
        _buffer.Advance(_record.Length);
    }

    /// <summary>Looks for the next record; null at the end of the file.</summary>
    private async ValueTask<CsvOutcome?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!_buffer.Span.IsEmpty)
            {
                var outcome = _record.Parse(_buffer.Span, _buffer.IsFinal);
                if (outcome != CsvOutcome.NeedMore || _buffer.IsFull)
                {
                    return outcome;
                }
            }
            else if (_buffer.IsFinal)
            {
                return null;
            }

            await _buffer.FillAsync(cancellationToken);
        }
    }

    /// <summary>
    /// An error on one line costs that line. Where quotes already spanned a line break, nobody knows which of the breaks that follow are
    /// inside quotes: taking rows from there on would invent some.
    /// </summary>
    private bool RefuseRecord(CsvOutcome outcome)
    {
        var place = new RowPlace(RowPlaceKind.Line, _line);
        if (outcome == CsvOutcome.NeedMore)
        {
            return Refuse(
                place, $"is longer than {_maximumBytes >> 20} MiB: is a quote not closed? Nothing behind it can be read", broken: true);
        }

        if (_record.InnerLines > 0 || outcome == CsvOutcome.NotClosed)
        {
            return Refuse(place, $"{Reason(outcome)}; nothing behind it can be read", broken: true);
        }

        _buffer.Advance(_record.Length);
        _skipping = true;
        return Refuse(place, Reason(outcome));
    }

    private static string Reason(CsvOutcome outcome) => outcome switch
    {
        CsvOutcome.TextAfterQuote => "a cell goes on behind its closing quote: write a quote inside quotes twice",
        CsvOutcome.QuoteInText => "a quote inside a cell: put the cell in quotes and write the quote twice",
        CsvOutcome.LoneCarriageReturn => "a carriage return without a line feed",
        CsvOutcome.NotClosed => "a quote is not closed",
        _ => "it is too long",
    };

    private async ValueTask<bool> SkipLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = _buffer.Span.IndexOf((byte)'\n');
            if (end >= 0)
            {
                _buffer.Advance(end + 1);
                _line++;
                _skipping = false;
                return true;
            }

            _buffer.Advance(_buffer.Span.Length);
            if (_buffer.IsFinal)
            {
                return false;
            }

            await _buffer.FillAsync(cancellationToken);
        }
    }

    private void ReadCells(RowPlace place, ReadOnlySpan<byte> bytes)
    {
        if (_record.Count != _columnOf.Length)
        {
            Refuse(place, $"has {_record.Count} columns, the header has {_columnOf.Length}");
            return;
        }

        Place = place;
        Problem = null;
        Array.Clear(Cells);
        var valid = Utf8Text.IsValid(bytes);
        for (var i = 0; i < _columnOf.Length; i++)
        {
            var field = _record[i];
            if (!valid && !Utf8Text.IsValid(bytes.Slice(field.Start, field.Length)))
            {
                Refuse(place, $"cell {i + 1} is not UTF-8");
                return;
            }

            if (_columnOf[i] >= 0)
            {
                Cells[_columnOf[i]] = Cell.Of(CellText(bytes, field));
            }
        }
    }

    private static string CellText(ReadOnlySpan<byte> bytes, CsvRecord.Field field)
    {
        var text = Utf8Text.Read(bytes.Slice(field.Start, field.Length));
        return field.Doubled ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
    }
}
