using System.Diagnostics.CodeAnalysis;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>What the rows of a kind of file mean: their columns, and how cells become a row and back.</summary>
/// <typeparam name="T">The row.</typeparam>
public abstract class RowSchema<T>
{
    /// <summary>Kind of the rows.</summary>
    public abstract RowKind Kind { get; }

    /// <summary>The columns.</summary>
    public abstract IReadOnlyList<Column> Columns { get; }

    /// <summary>Reads a row.</summary>
    /// <param name="cells">One cell a column.</param>
    /// <param name="row">The row.</param>
    /// <param name="problem">Otherwise why there is none.</param>
    public abstract bool TryRead(ReadOnlySpan<Cell> cells, [MaybeNullWhen(false)] out T row, [NotNullWhen(false)] out string? problem);

    /// <summary>Writes a row into cells, one a column.</summary>
    public abstract void Write(T row, Span<Cell> cells);
}
