namespace LabelerService.Formats.Tables;

/// <summary>A file that cannot be read at all: another format, no rows, a wrong header.</summary>
/// <param name="place">Where in the file.</param>
/// <param name="reason">Why, and what to do.</param>
public sealed class FileFormatException(RowPlace place, string reason) : Exception(reason)
{
    /// <summary>Where in the file.</summary>
    public RowPlace Place { get; } = place;
}
