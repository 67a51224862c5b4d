namespace LabelerService.Formats.Tables;

/// <summary>Where in its file a row is, in the words of the format.</summary>
/// <param name="Kind">How rows are counted.</param>
/// <param name="Number">Line (from 1), or row or element (from 0).</param>
/// <param name="Group">Row group of a Parquet file, or the annotation within a Label Studio task; −1 where there is none.</param>
/// <param name="Name">Name of a file, where each row is one.</param>
public readonly record struct RowPlace(RowPlaceKind Kind, long Number, int Group = -1, string? Name = null)
{
    /// <summary>For messages: <c>line 17</c>, <c>row 3 of row group 0</c>, <c>[17].annotations[0]</c>.</summary>
    public override string ToString() => Kind switch
    {
        RowPlaceKind.File => Name ?? "",
        RowPlaceKind.Line => $"line {Number}",
        RowPlaceKind.Row when Group >= 0 => $"row {Number} (row group {Group})",
        RowPlaceKind.Row => $"row {Number}",
        RowPlaceKind.Element when Group >= 0 => $"[{Number}].annotations[{Group}]",
        _ => $"[{Number}]",
    };
}

/// <summary>How the rows of a file are counted.</summary>
public enum RowPlaceKind
{
    /// <summary>The file as a whole.</summary>
    File,

    /// <summary>Lines, from 1.</summary>
    Line,

    /// <summary>Rows, from 0.</summary>
    Row,

    /// <summary>Elements of a JSON array, from 0.</summary>
    Element,
}
