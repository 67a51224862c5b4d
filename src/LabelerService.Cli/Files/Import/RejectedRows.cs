using LabelerService.Formats.Csv;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Files.Import;

/// <summary>
/// The rows that an import left out: counted, the first kept to be shown, and all of them written to a CSV file if there is one. The file has
/// the place, the reason, and what the row said under the names of its own columns: put right, it can be imported as it is.
/// </summary>
internal sealed class RejectedRows : IAsyncDisposable
{
    private static readonly Column[] Before = [new("file"), new("place"), new("reason")];

    private readonly string _path;
    private readonly ProblemList _problems;
    private readonly int _columns;
    private readonly AtomicFile? _file;
    private readonly TableWriter? _writer;

    private RejectedRows(string path, IReadOnlyList<string> columns, AtomicFile? file)
    {
        _path = path;
        _problems = new ProblemList(path);
        _columns = columns.Count;
        _file = file;
        _writer = file is null ? null : DelimitedFormat.Csv.OpenWriter(
            file.Stream, RowKind.Items, [.. Before, .. columns.Select(name => new Column(name))], new WriteOptions());
    }

    /// <summary>How many there are.</summary>
    public long Count => _problems.Count;

    /// <summary>The first of them.</summary>
    public ProblemList Problems => _problems;

    /// <summary>Begins the list.</summary>
    /// <param name="path">The imported file.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="target">File to write them to; null keeps only the first.</param>
    public static RejectedRows Create(string path, IReadOnlyList<string> columns, string? target) =>
        new(path, columns, target is null ? null : AtomicFile.Create(target));

    /// <summary>Adds a row.</summary>
    public async ValueTask AddAsync<T>(FileRow<T> row, string reason, CancellationToken cancellationToken)
        where T : class
    {
        _problems.Add(row.Place.ToString(), reason);
        if (_writer is not null)
        {
            var cells = new Cell[Before.Length + _columns];
            cells[0] = Cell.Of(_path);
            cells[1] = Cell.Of(row.Place.ToString());
            cells[2] = Cell.Of(reason);
            for (var i = 0; i < row.Cells.Count; i++)
            {
                cells[Before.Length + i] = Cell.Of(row.Cells[i]);
            }

            await _writer.WriteAsync(cells, cancellationToken);
        }
    }

    /// <summary>Puts the file in its place.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_file is not null)
        {
            await _writer!.CompleteAsync(cancellationToken);
            await _file.CompleteAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _writer!.DisposeAsync();
            await _file.DisposeAsync();
        }
    }
}
