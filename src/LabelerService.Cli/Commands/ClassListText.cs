using System.Text;
using nietras.SeparatedValues;

namespace LabelerService.Cli.Commands;

/// <summary>Class names as one text: separated by commas, quoted as in CSV where a name has a comma itself.</summary>
internal static class ClassListText
{
    private const int MaximumClasses = 1000;
    private const int MaximumBytes = 128;

    /// <summary>Reads them, or says what is wrong.</summary>
    public static (string[] Classes, string? Problem) Parse(string text)
    {
        using var reader = Sep.New(',').Reader(options => options with { HasHeader = false, Unescape = true, DisableColCountCheck = true })
            .From(new StringReader(text));
        if (!reader.MoveNext())
        {
            return ([], "there are no classes: give them as --classes a,b,c");
        }

        var names = reader.Current[..reader.Current.ColCount].ToStringsArray().Select(name => name.Trim()).ToArray();
        if (reader.MoveNext())
        {
            return ([], "class names go on one line");
        }

        return (names, Problem(names));
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
