using System.Globalization;
using System.Text;
using LabelerService.Cli.Client;
using nietras.SeparatedValues;

namespace LabelerService.Cli.Files;

/// <summary>
/// A CSV file (RFC 4180, UTF-8) of labels or gold classes, read row by row; a label is the name of a class or its index. Reading it twice,
/// once to check and once to send, keeps memory small and a bad file out of the service.
/// </summary>
internal sealed class LabelFile
{
    private readonly string _path;
    private readonly bool _gold;
    private readonly IReadOnlyList<string> _classes;
    private readonly Dictionary<string, int> _classIndexes = new(StringComparer.Ordinal);

    /// <summary>Names a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="classes">Classes of the dataset, in index order.</param>
    /// <param name="gold">Whether it holds gold classes (<c>item,label</c>) instead of labels.</param>
    public LabelFile(string path, IReadOnlyList<string> classes, bool gold)
    {
        _path = path;
        _classes = classes;
        _gold = gold;
        for (var i = 0; i < classes.Count; i++)
        {
            _classIndexes[classes[i]] = i;
        }
    }

    /// <summary>Names of columns that are not read; known after <see cref="Check"/>.</summary>
    public IReadOnlyList<string> IgnoredColumns { get; private set; } = [];

    /// <summary>Reads the file to its end.</summary>
    /// <returns>How many rows it has.</returns>
    /// <exception cref="CommandException">Rows cannot be used; each of the first ten is named with line and reason.</exception>
    public long Check(CancellationToken cancellationToken)
    {
        var problems = new List<FailureDetail>();
        var (rows, bad) = (0L, 0L);
        foreach (var (row, problem) in ReadAll(cancellationToken))
        {
            rows++;
            if (problem is not null)
            {
                bad++;
                if (problems.Count < ProblemList.Maximum)
                {
                    problems.Add(new FailureDetail($"{_path} line {row.Line}", problem));
                }
            }
        }

        if (bad > 0)
        {
            var shown = bad > problems.Count ? $"; the first {problems.Count}" : "";
            throw new CommandException($"{_path}: {bad} of {rows} rows cannot be used, nothing was stored{shown}", problems);
        }

        return rows > 0 ? rows : throw new CommandException($"{_path} has no rows");
    }

    /// <summary>The rows, of a file that <see cref="Check"/> has passed.</summary>
    /// <exception cref="CommandException">A row cannot be used: the file changed since.</exception>
    public IEnumerable<LabelRow> Read(CancellationToken cancellationToken) =>
        ReadAll(cancellationToken).Select(entry => entry.Problem is null
            ? entry.Row
            : throw new CommandException(
                $"{_path} line {entry.Row.Line}: {entry.Problem} (the file changed while it was read); nothing was stored"));

    private IEnumerable<(LabelRow Row, string? Problem)> ReadAll(CancellationToken cancellationToken)
    {
        using var text = InputFile.OpenText(_path);
        using var reader = Guard(1, () => Sep.New(',').Reader(options => options with
        {
            Unescape = true,
            // Rows of another width are reported with their line instead.
            DisableColCountCheck = true,
            HasHeader = false,
            CreateToString = SepToString.PoolPerCol(),
        }).From(text));
        if (!Guard(1, reader.MoveNext))
        {
            throw new CommandException($"{_path} is empty");
        }

        var columns = LabelColumns.Parse(_path, [.. reader.Current[..reader.Current.ColCount].ToStringsArray()], _gold);
        IgnoredColumns = columns.Ignored;
        var line = 1L;
        while (Guard(line + 1, reader.MoveNext))
        {
            cancellationToken.ThrowIfCancellationRequested();
            line = reader.Current.LineNumberFrom;
            if (reader.Current.ColCount == 1 && reader.Current.Span.IsWhiteSpace())
            {
                continue;
            }

            yield return Parse(reader.Current, columns);
        }
    }

    private (LabelRow Row, string? Problem) Parse(SepReader.Row row, LabelColumns columns)
    {
        var line = (long)row.LineNumberFrom;
        if (row.ColCount != columns.Count)
        {
            return (new LabelRow(line, "", "", 0), $"has {row.ColCount} columns, the header has {columns.Count}");
        }

        var item = row[columns.Item].ToString();
        var labeler = columns.Labeler < 0 ? "" : row[columns.Labeler].ToString();
        var problem = KeyProblem("item", item) ?? (columns.Labeler < 0 ? null : KeyProblem("labeler", labeler));
        if (!TryReadClass(row[columns.Label].Span, out var classIndex))
        {
            problem ??= ClassProblem(row[columns.Label].ToString());
        }

        DateTimeOffset? time = null;
        if (columns.Time >= 0 && row[columns.Time].Span is { IsEmpty: false } timeText)
        {
            if (DateTimeOffset.TryParse(timeText, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
            {
                time = parsed;
            }
            else
            {
                problem ??= $"time \"{Shorten(timeText.ToString())}\" is not a time such as 2026-01-31T12:00:00Z";
            }
        }

        float? confidence = null;
        if (columns.Confidence >= 0 && row[columns.Confidence].Span is { IsEmpty: false } confidenceText)
        {
            if (float.TryParse(confidenceText, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) && parsed is >= 0 and <= 1)
            {
                confidence = parsed;
            }
            else
            {
                problem ??= $"confidence \"{Shorten(confidenceText.ToString())}\" is not a number from 0 to 1";
            }
        }

        return (new LabelRow(line, item, labeler, classIndex, time, confidence), problem);
    }

    private bool TryReadClass(ReadOnlySpan<char> text, out int index) =>
        _classIndexes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out index)
        || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index < _classes.Count);

    private string ClassProblem(string text)
    {
        if (text.Length == 0)
        {
            return "label is empty";
        }

        const int shown = 8;
        var names = string.Join(", ", _classes.Take(shown)) + (_classes.Count > shown ? ", …" : "");
        return $"label \"{Shorten(text)}\" is no class of the dataset; classes are {names} (or their indexes 0 to {_classes.Count - 1})";
    }

    private static string? KeyProblem(string column, string key) => ItemKeys.Problem(key) switch
    {
        null => null,
        _ when key.Contains('\n', StringComparison.Ordinal) => $"{column} goes over a line break: is a quote not closed?",
        { } problem => $"{column} {problem}",
    };

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";

    private T Guard<T>(long line, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DecoderFallbackException)
        {
            throw new CommandException($"{_path} is not UTF-8 (after line {line}): save it as UTF-8");
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException)
        {
            throw new CommandException($"{_path} line {line}: not readable as CSV, is a quote not closed? {exception.Message}");
        }
    }
}
