using System.Runtime.CompilerServices;

namespace LabelerService.Formats.Csv;

/// <summary>Outcome of looking for a record in a buffer.</summary>
internal enum CsvOutcome
{
    /// <summary>A whole record.</summary>
    Record,

    /// <summary>The buffer ends before the record does.</summary>
    NeedMore,

    /// <summary>Something other than a delimiter or a line break follows a closing quote.</summary>
    TextAfterQuote,

    /// <summary>A quote in the middle of an unquoted cell.</summary>
    QuoteInText,

    /// <summary>A carriage return outside quotes that no line feed follows.</summary>
    LoneCarriageReturn,

    /// <summary>The file ends within quotes.</summary>
    NotClosed,
}

/// <summary>
/// Finds one record of RFC 4180 in a buffer: where its cells are and where it ends. Strict, since what a lenient reader makes of a stray quote
/// is another row than the one that was meant.
/// </summary>
internal sealed class CsvRecord(byte delimiter)
{
    private const byte Quote = (byte)'"';

    private readonly byte[] _unquotedStops = [delimiter, Quote, (byte)'\r', (byte)'\n'];
    private Field[] _fields = new Field[16];

    /// <summary>Cells of the record.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the buffer that the record takes, its line break included; after an error, up to the error.</summary>
    public int Length { get; private set; }

    /// <summary>Line feeds within the record, its own end not counted.</summary>
    public int InnerLines { get; private set; }

    /// <summary>Whether a line feed ended it.</summary>
    public bool HasLineBreak { get; private set; }

    /// <summary>A cell's bytes in the buffer, quotes around it left out, doubled quotes still doubled.</summary>
    public Field this[int index] => _fields[index];

    /// <summary>Looks for a record at the beginning of a buffer that is not empty.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="isFinal">Whether the file ends with them.</param>
    public CsvOutcome Parse(ReadOnlySpan<byte> buffer, bool isFinal)
    {
        (Count, Length, InnerLines, HasLineBreak) = (0, 0, 0, false);
        var at = 0;
        while (true)
        {
            var outcome = at < buffer.Length && buffer[at] == Quote ? Quoted(buffer, isFinal, ref at) : Unquoted(buffer, isFinal, ref at);
            if (outcome != CsvOutcome.Record)
            {
                Length = at;
                return outcome;
            }

            if (at == buffer.Length)
            {
                Length = at;
                return isFinal ? CsvOutcome.Record : CsvOutcome.NeedMore;
            }

            var next = buffer[at];
            if (next == delimiter)
            {
                at++;
                if (at == buffer.Length && !isFinal)
                {
                    return CsvOutcome.NeedMore;
                }

                continue;
            }

            if (next == '\r')
            {
                if (at + 1 == buffer.Length && !isFinal)
                {
                    return CsvOutcome.NeedMore;
                }

                if (at + 1 == buffer.Length || buffer[at + 1] != '\n')
                {
                    Length = at;
                    return CsvOutcome.LoneCarriageReturn;
                }

                at++;
            }

            Length = at + 1;
            HasLineBreak = true;
            return CsvOutcome.Record;
        }
    }

    private CsvOutcome Quoted(ReadOnlySpan<byte> buffer, bool isFinal, ref int at)
    {
        var start = at + 1;
        var doubled = false;
        var from = start;
        while (true)
        {
            var found = buffer[from..].IndexOf(Quote);
            if (found < 0)
            {
                InnerLines += buffer[start..].Count((byte)'\n');
                at = buffer.Length;
                return isFinal ? CsvOutcome.NotClosed : CsvOutcome.NeedMore;
            }

            var end = from + found;
            if (end + 1 == buffer.Length && !isFinal)
            {
                return CsvOutcome.NeedMore;
            }

            if (end + 1 < buffer.Length && buffer[end + 1] == Quote)
            {
                doubled = true;
                from = end + 2;
                continue;
            }

            Add(new Field(start, end - start, doubled));
            InnerLines += buffer[start..end].Count((byte)'\n');
            at = end + 1;
            return at == buffer.Length || buffer[at] == delimiter || buffer[at] is (byte)'\r' or (byte)'\n'
                ? CsvOutcome.Record
                : CsvOutcome.TextAfterQuote;
        }
    }

    private CsvOutcome Unquoted(ReadOnlySpan<byte> buffer, bool isFinal, ref int at)
    {
        var found = buffer[at..].IndexOfAny(_unquotedStops);
        if (found < 0)
        {
            Add(new Field(at, buffer.Length - at, Doubled: false));
            at = buffer.Length;
            return isFinal ? CsvOutcome.Record : CsvOutcome.NeedMore;
        }

        Add(new Field(at, found, Doubled: false));
        at += found;
        return buffer[at] == Quote ? CsvOutcome.QuoteInText : CsvOutcome.Record;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(Field field)
    {
        if (Count == _fields.Length)
        {
            Array.Resize(ref _fields, _fields.Length * 2);
        }

        _fields[Count++] = field;
    }

    /// <summary>Where a cell is.</summary>
    /// <param name="Start">Its first byte.</param>
    /// <param name="Length">Its bytes.</param>
    /// <param name="Doubled">Whether quotes in it are doubled.</param>
    internal readonly record struct Field(int Start, int Length, bool Doubled);
}
