using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Writes rows to a file.</summary>
/// <typeparam name="T">The row.</typeparam>
/// <param name="table">The rows in their format; disposed with this.</param>
/// <param name="schema">What they mean.</param>
public sealed class RowWriter<T>(TableWriter table, RowSchema<T> schema) : IAsyncDisposable
{
    private readonly Cell[] _cells = new Cell[schema.Columns.Count];

    /// <summary>Appends a row.</summary>
    public ValueTask WriteAsync(T row, CancellationToken cancellationToken)
    {
        schema.Write(row, _cells);
        return table.WriteAsync(_cells, cancellationToken);
    }

    /// <summary>Ends the file's content.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => table.CompleteAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => table.DisposeAsync();
}
