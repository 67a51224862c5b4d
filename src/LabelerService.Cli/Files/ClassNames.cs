using System.Globalization;

namespace LabelerService.Cli.Files;

/// <summary>Classes of a dataset as files have them: by name, or by index where no class has that name.</summary>
internal sealed class ClassNames
{
    private readonly IReadOnlyList<string> _names;
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    /// <param name="names">Names in index order.</param>
    public ClassNames(IReadOnlyList<string> names)
    {
        _names = names;
        for (var i = 0; i < names.Count; i++)
        {
            _indexes[names[i]] = i;
        }
    }

    /// <summary>Index of a class from text; −1 if it is none.</summary>
    public int IndexOf(string text) =>
        _indexes.TryGetValue(text, out var index) ? index
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index < _names.Count ? index : -1;

    /// <summary>What is wrong with text that should be a class; null if nothing is.</summary>
    public string? Problem(string column, string text)
    {
        if (IndexOf(text) >= 0)
        {
            return null;
        }

        const int shown = 8;
        var names = string.Join(", ", _names.Take(shown)) + (_names.Count > shown ? ", …" : "");
        var said = text.Length <= 64 ? text : text[..64] + "…";
        return $"{column} \"{said}\" is no class of the dataset; classes are {names} (or their indexes 0 to {_names.Count - 1})";
    }
}
