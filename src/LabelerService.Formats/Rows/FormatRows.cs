using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Opens files of a format by what their rows mean.</summary>
public static class FormatRows
{
    /// <summary>Opens a file to read.</summary>
    /// <param name="format">Its format.</param>
    /// <param name="stream">The file, at its beginning; stays the caller's to dispose.</param>
    /// <param name="schema">What its rows mean.</param>
    /// <param name="options">What the file cannot tell itself.</param>
    /// <param name="check">Says what is wrong with a row that can be read; null if nothing is.</param>
    public static RowReader<T> ReadRows<T>(
        this ITableFormat format, Stream stream, RowSchema<T> schema, ReadOptions options, Func<T, string?>? check = null)
        where T : class =>
        new(format.OpenReader(stream, schema.Kind, schema.Columns, options), schema, check);

    /// <summary>Begins a file.</summary>
    /// <param name="format">Its format.</param>
    /// <param name="stream">Where to; stays the caller's to dispose.</param>
    /// <param name="schema">What its rows mean.</param>
    /// <param name="options">How to write.</param>
    public static RowWriter<T> WriteRows<T>(this ITableFormat format, Stream stream, RowSchema<T> schema, WriteOptions options) =>
        new(format.OpenWriter(stream, schema.Kind, schema.Columns, options), schema);
}
