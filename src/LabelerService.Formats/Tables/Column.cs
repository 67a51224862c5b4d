namespace LabelerService.Formats.Tables;

/// <summary>What a column holds, for formats that have types.</summary>
public enum ColumnType
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A single-precision number.</summary>
    Single,

    /// <summary>A double-precision number.</summary>
    Double,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A moment, to the microsecond.</summary>
    Time,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>A list of single-precision numbers, or a list of such lists.</summary>
    Numbers,

    /// <summary>A JSON object; text in formats that have none.</summary>
    Json,
}

/// <summary>A column of a kind of row.</summary>
/// <param name="Name">Its name in our files.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Required">Whether a file without it cannot be read.</param>
/// <param name="OtherNames">Names that other tools give it.</param>
public sealed record Column(string Name, ColumnType Type = ColumnType.Text, bool Required = false, params string[] OtherNames)
{
    /// <summary>Whether a file's name for a column means this one; case does not matter.</summary>
    public bool IsNamed(string name) =>
        string.Equals(name, Name, StringComparison.OrdinalIgnoreCase)
        || OtherNames.Contains(name, StringComparer.OrdinalIgnoreCase);
}
