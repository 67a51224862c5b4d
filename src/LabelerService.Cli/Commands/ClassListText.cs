using System.Text;
using nietras.SeparatedValues;

namespace LabelerService.Cli.Commands;

/// <summary>Class names as one text: separated by commas, quoted as in CSV where a name has a comma itself.</summary>
internal static class ClassListText
{
    private const int MaximumClasses = 1000;
    private const int MaximumBytes = 128;

    /// <summary>Reads the classes of a dataset, or says what is wrong.</summary>
    public static (string[] Classes, string? Problem) Parse(string text)
    {
        var (names, lines) = Read(text);
        return lines switch
        {
            0 => ([], "there are no classes: give them as --classes a,b,c"),
            1 => (names, Problem(names)),
            _ => ([], "class names go on one line"),
        };
    }

    /// <summary>Reads one or more names of classes; null if the text is something else.</summary>
    public static string[]? ParseNames(string text) =>
        Read(text) is (var names, 1) && Array.TrueForAll(names, name => name.Length > 0) ? names : null;

    // The names of the first line, and whether there are 0, 1 or more lines.
    private static (string[] Names, int Lines) Read(string text)
    {
        using var reader = Sep.New(',').Reader(options => options with { HasHeader = false, Unescape = true, DisableColCountCheck = true })
            .From(new StringReader(text));
        if (!reader.MoveNext())
        {
            return ([], 0);
        }

        var names = reader.Current[..reader.Current.ColCount].ToStringsArray().Select(name => name.Trim()).ToArray();
        return (names, reader.MoveNext() ? 2 : 1);
    }

    private static string? Problem(string[] names)
    {
        if (names.Length is < 2 or > MaximumClasses)
        {
            return $"a dataset has 2 to {MaximumClasses} classes, not {names.Length}";
        }

        if (names.Any(name => name.Length == 0))
        {
            return "a class name is empty: give them as --classes a,b,c";
        }

        if (names.FirstOrDefault(name => Encoding.UTF8.GetByteCount(name) > MaximumBytes) is { } lengthy)
        {
            return $"class name \"{lengthy[..16]}…\" is longer than {MaximumBytes} bytes";
        }

        return names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice ? $"class \"{twice.Key}\" is named twice" : null;
    }
}
