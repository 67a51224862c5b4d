namespace LabelerService.Formats.Tables;

/// <summary>Writes rows one by one, whatever the format.</summary>
public abstract class TableWriter : IAsyncDisposable
{
    /// <summary>Appends a row.</summary>
    /// <param name="cells">One cell a column.</param>
    /// <param name="cancellationToken">Ends the writing; the file is then no file.</param>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<Cell> cells, CancellationToken cancellationToken);

    /// <summary>Ends the file's content; also of one without rows.</summary>
    public abstract ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
