using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Reads a file's rows: the format finds the cells, the schema what they mean, and a check whether they can be used.</summary>
/// <typeparam name="T">The row.</typeparam>
/// <param name="table">The rows in their format; disposed with this.</param>
/// <param name="schema">What they mean.</param>
/// <param name="check">Says what is wrong with a row that can be read; null if nothing is.</param>
public sealed class RowReader<T>(TableReader table, RowSchema<T> schema, Func<T, string?>? check = null) : IAsyncDisposable
    where T : class
{
    /// <summary>The rows in their format.</summary>
    public TableReader Table => table;

    /// <summary>The current row; null if it cannot be used.</summary>
    public T? Row { get; private set; }

    /// <summary>Why it cannot be used; null if it can be.</summary>
    public string? Problem { get; private set; }

    /// <summary>Where it is.</summary>
    public RowPlace Place => table.Place;

    /// <summary>Goes to the next row, whether it can be used or not.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="FileFormatException">The file is of another format or has no right header.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await table.ReadAsync(cancellationToken))
        {
            return false;
        }

        Row = null;
        Problem = table.Problem;
        if (Problem is null)
        {
            if (!schema.TryRead(table.Cells, out var row, out var problem))
            {
                Problem = problem;
            }
            else if ((Problem = check?.Invoke(row)) is null)
            {
                Row = row;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => table.DisposeAsync();
}
