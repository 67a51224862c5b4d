namespace LabelerService.Formats.Tables;

/// <summary>Matches the columns of a file with those that are looked for.</summary>
internal static class Header
{
    /// <summary>Finds which of our columns each of a file's columns is.</summary>
    /// <param name="names">Names in the file.</param>
    /// <param name="columns">Ours.</param>
    /// <param name="place">Where the names are, for messages.</param>
    /// <returns>For each name the index of our column or −1; and the names that are none of ours.</returns>
    /// <exception cref="FileFormatException">A name is there twice, two names mean the same, or a required column is missing.</exception>
    public static (int[] ColumnOf, IReadOnlyList<string> Unknown) Match(
        IReadOnlyList<string> names, IReadOnlyList<Column> columns, RowPlace place)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in names)
        {
            if (name.Length > 0 && !seen.Add(name))
            {
                throw new FileFormatException(place, $"two columns are named {Shorten(name)}");
            }
        }

        var columnOf = new int[names.Count];
        var unknown = new List<string>();
        var nameOf = new string?[columns.Count];
        for (var i = 0; i < names.Count; i++)
        {
            columnOf[i] = Find(names[i], columns);
            if (columnOf[i] < 0)
            {
                unknown.Add(names[i].Length == 0 ? $"(column {i + 1}, without a name)" : Shorten(names[i]));
            }
            else if (nameOf[columnOf[i]] is { } other)
            {
                throw new FileFormatException(place, $"two columns are the {columns[columnOf[i]].Name}: {other}, {names[i]}");
            }
            else
            {
                nameOf[columnOf[i]] = names[i];
            }
        }

        var missing = columns.Where((column, index) => column.Required && nameOf[index] is null).Select(column => column.Name).ToArray();
        if (missing.Length > 0)
        {
            throw new FileFormatException(
                place, $"there is no column {string.Join(" and no column ", missing)}; the columns are {Describe(columns)}, in any order");
        }

        return (columnOf, unknown);
    }

    /// <summary>Index of the column of that name, −1 if there is none.</summary>
    public static int Find(string name, IReadOnlyList<Column> columns)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns[i].IsNamed(name))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Columns for people: <c>item,labeler,label[,time,confidence]</c>.</summary>
    public static string Describe(IReadOnlyList<Column> columns)
    {
        var optional = columns.Where(column => !column.Required).Select(column => column.Name).ToArray();
        return string.Join(',', columns.Where(column => column.Required).Select(column => column.Name))
            + (optional.Length == 0 ? "" : $"[,{string.Join(',', optional)}]");
    }

    /// <summary>The beginning of a text, for messages.</summary>
    public static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
