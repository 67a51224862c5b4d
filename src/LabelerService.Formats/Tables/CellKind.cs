namespace LabelerService.Formats.Tables;

/// <summary>What a cell of a row holds.</summary>
public enum CellKind : byte
{
    /// <summary>Nothing: the column is missing, or there is no value in this row.</summary>
    None,

    /// <summary>Text; in a file without types (CSV) every value is text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Real,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A moment, UTC.</summary>
    Time,

    /// <summary>Bytes: an image file.</summary>
    Bytes,

    /// <summary>Numbers: features or a sequence.</summary>
    Numbers,

    /// <summary>Something that cannot be read; the text says why.</summary>
    Bad,
}
