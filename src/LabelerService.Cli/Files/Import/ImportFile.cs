using System.Runtime.CompilerServices;
using LabelerService.Cli.Client;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files.Import;

/// <summary>
/// A file that is imported, in any of the formats, read from its beginning as often as is needed: once to check and once to send. Its rows are
/// never in memory together.
/// </summary>
/// <typeparam name="T">The row.</typeparam>
/// <param name="path">Where it is.</param>
/// <param name="format">Name of its format.</param>
/// <param name="schema">What its rows mean.</param>
/// <param name="open">Opens it at its beginning: the file, null where there is none, and its rows.</param>
/// <param name="check">Says what is wrong with a row that can be read; null if nothing is.</param>
internal sealed class ImportFile<T>(
    string path, string format, RowSchema<T> schema, Func<(Stream? File, TableReader Rows)> open, Func<T, string?> check)
    where T : class
{
    private const int ProgressEvery = 4096;

    /// <summary>Path as it was given.</summary>
    public string Path => path;

    /// <summary>Its format.</summary>
    public string Format => format;

    /// <summary>Names of the columns, for the list of rows that are left out.</summary>
    public IReadOnlyList<string> ColumnNames { get; } = [.. schema.Columns.Select(column => column.Name)];

    /// <summary>Columns that mean nothing here; known once the file was read.</summary>
    public IReadOnlyList<string> UnknownColumns { get; private set; } = [];

    /// <summary>Entries left out on purpose (cancelled annotations); known once the file was read.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; private set; }

    /// <summary>Reads the file to its end.</summary>
    /// <param name="read">Told how many bytes were read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>How many rows it has.</returns>
    /// <exception cref="CommandException">Rows cannot be used; the first are named with place and reason.</exception>
    public async Task<long> CheckAsync(Action<long> read, CancellationToken cancellationToken)
    {
        var problems = new ProblemList(path);
        var rows = 0L;
        await foreach (var row in ReadAsync(keepCells: false, read, cancellationToken))
        {
            rows++;
            if (row.Problem is { } problem)
            {
                problems.Add(row.Place.ToString(), problem);
            }
        }

        if (problems.Count > 0)
        {
            throw new CommandException(
                $"{path}: {problems.Count:N0} of {rows:N0} rows cannot be used, nothing was stored{problems.More} (--on-error skip stores the others)",
                problems.Shown);
        }

        return rows > 0 ? rows : throw new CommandException($"{path} has no rows");
    }

    /// <summary>The rows of a file that <see cref="CheckAsync"/> has passed.</summary>
    /// <exception cref="CommandException">A row cannot be used: the file changed since.</exception>
    public async IAsyncEnumerable<FileRow<T>> CheckedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in ReadAsync(keepCells: false, _ => { }, cancellationToken))
        {
            yield return row.Problem is null ? row : throw new CommandException(
                $"{path} {row.Place}: {row.Problem} (the file changed while it was read)");
        }
    }

    /// <summary>All rows, also those that cannot be used.</summary>
    /// <param name="keepCells">Whether <see cref="FileRow{T}.Cells"/> is wanted.</param>
    /// <param name="read">Told how many bytes were read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CommandException">The file cannot be read at all.</exception>
    public async IAsyncEnumerable<FileRow<T>> ReadAsync(
        bool keepCells, Action<long> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (stream, table) = open();
        await using var file = stream ?? Stream.Null;
        Length = file.Length;
        await using var reader = new RowReader<T>(table, schema, check);
        for (var rows = 1L; await NextAsync(reader, cancellationToken); rows++)
        {
            if (rows % ProgressEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                read(file.Position);
            }

            var cells = keepCells && reader.Table.Problem is null ? Array.ConvertAll(reader.Table.Cells, cell => cell.ToString()) : [];
            yield return new FileRow<T>(reader.Place, reader.Row, reader.Problem, cells);
        }

        read(file.Position);
        UnknownColumns = reader.Table.UnknownColumns;
        LeftOut = reader.Table.LeftOut;
    }

    /// <summary>Places of rows by their number, rows counted from 0.</summary>
    public async Task<IReadOnlyDictionary<long, string>> PlacesAsync(IReadOnlyCollection<long> rows, CancellationToken cancellationToken)
    {
        var places = new Dictionary<long, string>();
        var number = 0L;
        await foreach (var row in ReadAsync(keepCells: false, _ => { }, cancellationToken))
        {
            if (rows.Contains(number))
            {
                places[number] = row.Place.ToString();
            }

            if (places.Count == rows.Count)
            {
                break;
            }

            number++;
        }

        return places;
    }

    private async ValueTask<bool> NextAsync(RowReader<T> reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken);
        }
        catch (FileFormatException exception)
        {
            var place = exception.Place.ToString();
            throw new CommandException(place.Length == 0 ? $"{path} {exception.Message}" : $"{path} {place}: {exception.Message}");
        }
    }
}
