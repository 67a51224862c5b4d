using System.Text.Json;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.JsonLines;

/// <summary>Reads JSON Lines. Lines stand for themselves: a broken one costs no other.</summary>
internal sealed class JsonLinesReader(Stream stream, IReadOnlyList<Column> columns, ReadOptions options) : TableReader(columns)
{
    private const int MaximumUnknown = 100;
    private const int MaximumDepth = 8;

    private readonly GrowingBuffer _buffer = new(stream, options.MaximumRowBytes);
    private readonly bool[] _seen = new bool[columns.Count];
    private readonly List<string> _unknown = [];
    private readonly HashSet<string> _unknownSeen = new(StringComparer.Ordinal);
    private long _line;

    public override IReadOnlyList<string> UnknownColumns => _unknown;

    public override async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_line == 0)
        {
            await StartAsync(cancellationToken);
        }

        while (true)
        {
            var end = _buffer.Span.IndexOf((byte)'\n');
            if (end < 0 && !_buffer.IsFinal)
            {
                if (_buffer.IsFull)
                {
                    _line++;
                    Refuse(new RowPlace(RowPlaceKind.Line, _line), $"is longer than {options.MaximumRowBytes >> 20} MiB");
                    await SkipLineAsync(cancellationToken);
                    return true;
                }

                await _buffer.FillAsync(cancellationToken);
                continue;
            }

            if (end < 0 && _buffer.Span.IsEmpty)
            {
                return false;
            }

            _line++;
            var taken = end < 0 ? _buffer.Span.Length : end + 1;
            var line = _buffer.Span[..(end < 0 ? taken : end)];
            if (line.IndexOfAnyExcept(" \t\r"u8) < 0)
            {
                _buffer.Advance(taken);
                continue;
            }

            ReadLine(new RowPlace(RowPlaceKind.Line, _line), line);
            _buffer.Advance(taken);
            return true;
        }
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        while (!_buffer.IsFinal && _buffer.Span.Length < 4)
        {
            await _buffer.FillAsync(cancellationToken);
        }

        if (Utf8Text.ForeignEncoding(_buffer.Span) is { } foreign)
        {
            throw new FileFormatException(default, foreign);
        }

        _buffer.Advance(Utf8Text.MarkLength(_buffer.Span));
    }

    private async ValueTask SkipLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = _buffer.Span.IndexOf((byte)'\n');
            _buffer.Advance(end < 0 ? _buffer.Span.Length : end + 1);
            if (end >= 0 || _buffer.IsFinal)
            {
                return;
            }

            await _buffer.FillAsync(cancellationToken);
        }
    }

    private void ReadLine(RowPlace place, ReadOnlySpan<byte> line)
    {
        if (!Utf8Text.IsValid(line))
        {
            Refuse(place, "is not UTF-8");
            return;
        }

        Place = place;
        Problem = null;
        Array.Clear(Cells);
        Array.Clear(_seen);
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaximumDepth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Refuse(place, "is no JSON object");
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (ReadProperty(ref reader) is { } problem)
                {
                    Refuse(place, problem);
                    return;
                }
            }

            // Fails if anything follows the object.
            reader.Read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            Refuse(place, JsonCells.Describe(exception));
        }
    }

    private string? ReadProperty(ref Utf8JsonReader reader)
    {
        var name = reader.GetString()!;
        var column = Header.Find(name, Columns);
        reader.Read();
        if (column < 0)
        {
            if (_unknownSeen.Count < MaximumUnknown && _unknownSeen.Add(Header.Shorten(name)))
            {
                _unknown.Add(Header.Shorten(name));
            }

            reader.Skip();
            return null;
        }

        if (_seen[column])
        {
            return $"{Columns[column].Name} is there twice";
        }

        _seen[column] = true;
        Cells[column] = JsonCells.Read(ref reader, Columns[column].Type);
        return null;
    }
}
