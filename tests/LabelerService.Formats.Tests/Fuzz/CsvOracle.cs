using System.Text;

namespace LabelerService.Formats.Tests.Fuzz;

/// <summary>
/// RFC 4180 again, byte by byte and as plainly as can be: what the reader has to agree with. A row with a misplaced quote or carriage return is
/// none; reading goes on behind its line, unless the row had a line break in quotes before: then the file ends there.
/// </summary>
internal static class CsvOracle
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Records with the line they begin on; null where there is no record. Blank lines are none, but for the first.</summary>
    public static List<(int Line, string[]? Cells)> Parse(byte[] file, char delimiter)
    {
        var records = new List<(int, string[]?)>();
        var (at, line) = (file.AsSpan().StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? 3 : 0, 1);
        while (at < file.Length)
        {
            var start = line;
            var cells = new List<byte[]>();
            var cell = new List<byte>();
            var (state, wrapped, done, bad, quoted) = (State.Start, false, false, false, false);
            while (!done && !bad)
            {
                var c = at < file.Length ? file[at] : -1;
                switch (state)
                {
                    case State.Start when c == '"':
                        state = State.Quoted;
                        quoted = true;
                        at++;
                        break;
                    case State.Quoted when c == '"':
                        state = State.Closed;
                        at++;
                        break;
                    case State.Quoted when c < 0:
                        bad = wrapped = true;
                        break;
                    case State.Quoted:
                        wrapped |= c == '\n';
                        line += c == '\n' ? 1 : 0;
                        cell.Add((byte)c);
                        at++;
                        break;
                    case State.Closed when c == '"':
                        state = State.Quoted;
                        cell.Add((byte)'"');
                        at++;
                        break;
                    default:
                        if (c == delimiter)
                        {
                            cells.Add([.. cell]);
                            cell.Clear();
                            state = State.Start;
                            at++;
                        }
                        else if (c < 0 || c == '\n' || (c == '\r' && at + 1 < file.Length && file[at + 1] == '\n'))
                        {
                            cells.Add([.. cell]);
                            at += c < 0 ? 0 : c == '\n' ? 1 : 2;
                            line += c < 0 ? 0 : 1;
                            done = true;
                        }
                        else if (c is '"' or '\r' || state == State.Closed)
                        {
                            bad = true;
                        }
                        else
                        {
                            state = State.Plain;
                            cell.Add((byte)c);
                            at++;
                        }

                        break;
                }
            }

            if (bad)
            {
                records.Add((start, null));
                if (wrapped)
                {
                    break;
                }

                while (at < file.Length && file[at] != '\n')
                {
                    at++;
                }

                at++;
                line++;
                continue;
            }

            var blank = cells is [var only] && !quoted && only.All(c => c is (byte)' ' or (byte)'\t');
            if (!blank || records.Count == 0)
            {
                records.Add((start, Decode(cells)));
            }
        }

        return records;
    }

    private enum State
    {
        Start,
        Plain,
        Quoted,
        Closed,
    }

    private static string[]? Decode(List<byte[]> cells)
    {
        try
        {
            return [.. cells.Select(Strict.GetString)];
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
