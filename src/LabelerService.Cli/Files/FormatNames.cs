using LabelerService.Cli.Client;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files;

/// <summary>Formats by their names on the command line.</summary>
internal static class FormatNames
{
    /// <summary>The formats of a kind of row, for help: <c>csv|jsonl|parquet</c>.</summary>
    public static string Of(RowKind kind) => string.Join('|', FormatCatalogue.Holding(kind).Select(format => format.Name).Order(StringComparer.Ordinal));

    /// <summary>The format of that name.</summary>
    /// <exception cref="UsageException">There is none, or it does not hold such rows.</exception>
    public static ITableFormat Require(string name, RowKind kind) =>
        FormatCatalogue.Find(name) is { } format && format.Holds(kind)
            ? format
            : throw new UsageException($"--format cannot be \"{name}\": {kind.ToString().ToLowerInvariant()} can be {Of(kind)}");
}
