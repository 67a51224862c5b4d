using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files.Import;

/// <summary>A row of a file that is imported.</summary>
/// <param name="Place">Where it is.</param>
/// <param name="Value">The row; null if it cannot be used.</param>
/// <param name="Problem">Why it cannot be used; null if it can be.</param>
/// <param name="Cells">What the file says, for the list of rows that are left out; empty where the row as a whole cannot be read.</param>
internal readonly record struct FileRow<T>(RowPlace Place, T? Value, string? Problem, IReadOnlyList<string> Cells)
    where T : class;
