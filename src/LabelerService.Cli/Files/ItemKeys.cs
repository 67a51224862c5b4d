using System.Text;
using LabelerService.Cli.Client;

namespace LabelerService.Cli.Files;

/// <summary>The keys of a feature file's rows: lines of a file of ids, or prefix and row number.</summary>
internal sealed class ItemKeys : IDisposable
{
    private const int MaximumBytes = 256;

    private readonly StreamReader? _lines;
    private readonly string _prefix;
    private int _row;

    private ItemKeys(StreamReader? lines, string prefix)
    {
        _lines = lines;
        _prefix = prefix;
    }

    /// <summary>Keys <c>{prefix}{row}</c>, rows counted from 0.</summary>
    public static ItemKeys Numbered(string prefix) => new(lines: null, prefix);

    /// <summary>Keys from a file, one a line, with a prefix before each.</summary>
    /// <param name="path">The file of ids.</param>
    /// <param name="prefix">Put before every id.</param>
    /// <param name="rows">How many there must be.</param>
    /// <exception cref="CommandException">The file has another number of lines, or a line that cannot be a key.</exception>
    public static ItemKeys FromFile(string path, string prefix, int rows)
    {
        var problems = new ProblemList(path);
        var count = 0;
        try
        {
            using var reader = InputFile.OpenText(path);
            while (reader.ReadLine() is { } line)
            {
                count++;
                if (Problem(prefix + line) is { } problem)
                {
                    problems.Add($"line {count}", problem);
                }
            }
        }
        catch (DecoderFallbackException)
        {
            throw new CommandException($"{path} is not UTF-8 (near line {count + 1}): save it as UTF-8");
        }

        if (problems.Count > 0)
        {
            throw new CommandException($"{path} has ids that cannot be used; nothing was stored{problems.More}", problems.Shown);
        }

        return count == rows
            ? new ItemKeys(InputFile.OpenText(path), prefix)
            : throw new CommandException($"{path} has {count} ids but the features have {rows} rows: give one id a row");
    }

    /// <summary>The key of the next row.</summary>
    public string Next() => _prefix + (_lines is null
        ? $"{_row++}"
        : _lines.ReadLine() ?? throw new CommandException("the file of ids became shorter while it was read"));

    /// <summary>What is wrong with a key that is a line of a file; null if nothing.</summary>
    public static string? Problem(string key)
    {
        if (key.Length == 0)
        {
            return "is empty";
        }

        if (Encoding.UTF8.GetByteCount(key) > MaximumBytes)
        {
            return $"is longer than {MaximumBytes} bytes";
        }

        return key.Any(char.IsControl) ? "has a control character" : null;
    }

    public void Dispose() => _lines?.Dispose();
}
