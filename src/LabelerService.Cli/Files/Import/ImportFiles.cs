using LabelerService.Cli.Client;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files.Import;

/// <summary>Opens files to import.</summary>
internal static class ImportFiles
{
    /// <summary>Finds out a file's format.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="format">Name of the format; null finds it by extension and content.</param>
    /// <param name="schema">What its rows mean.</param>
    /// <param name="options">What it cannot tell itself.</param>
    /// <param name="check">Says what is wrong with a row that can be read; null if nothing is.</param>
    /// <exception cref="CommandException">There is no such file, or its format is none.</exception>
    /// <exception cref="UsageException">The named format holds no such rows.</exception>
    public static ImportFile<T> Open<T>(
        string path, string? format, RowSchema<T> schema, ReadOptions options, Func<T, string?> check)
        where T : class
    {
        using var stream = InputFile.Open(path);
        if (stream.Length == 0)
        {
            throw new CommandException($"{path} is empty");
        }

        var found = format is null ? FormatCatalogue.Detect(path, stream, schema.Kind) : FormatNames.Require(format, schema.Kind);
        return found is null
            ? throw new CommandException($"{path}: neither its name nor its content says what format it has; name it with --format")
            : new ImportFile<T>(path, found.Name, schema, () => Open(path, found, schema, options), check);
    }

    private static (Stream?, TableReader) Open<T>(string path, ITableFormat format, RowSchema<T> schema, ReadOptions options)
    {
        var stream = InputFile.Open(path);
        return (stream, format.OpenReader(stream, schema.Kind, schema.Columns, options));
    }
}
