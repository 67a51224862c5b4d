namespace LabelerService.Formats.Tables;

/// <summary>Reads the rows of a file one by one, whatever its format. What is wrong with a row is said with the row; reading goes on.</summary>
public abstract class TableReader : IAsyncDisposable
{
    /// <summary>Prepares a reader for the columns of a kind of row.</summary>
    protected TableReader(IReadOnlyList<Column> columns)
    {
        Columns = columns;
        Cells = new Cell[columns.Count];
    }

    /// <summary>The columns that are looked for.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Cells of the current row, one a column; overwritten by the next.</summary>
    public Cell[] Cells { get; }

    /// <summary>Where the current row is.</summary>
    public RowPlace Place { get; protected set; }

    /// <summary>Why the current row as a whole cannot be read; null if its cells can be.</summary>
    public string? Problem { get; protected set; }

    /// <summary>
    /// Whether the file is broken at the current row in such a way that where the next one begins is not known: there is no next one.
    /// </summary>
    public bool IsBroken { get; protected set; }

    /// <summary>Columns (keys) of the file that mean nothing here, as far as they were seen.</summary>
    public virtual IReadOnlyList<string> UnknownColumns => [];

    /// <summary>Entries that are left out on purpose: cancelled annotations.</summary>
    public virtual long LeftOut => 0;

    /// <summary>Goes to the next row.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="FileFormatException">The file is of another format or has no right header.</exception>
    public abstract ValueTask<bool> ReadAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Notes a row that cannot be read.</summary>
    protected bool Refuse(RowPlace place, string problem, bool broken = false)
    {
        Place = place;
        Problem = problem;
        IsBroken = broken;
        Array.Clear(Cells);
        return true;
    }
}
