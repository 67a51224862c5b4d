using System.Text;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Tests;

/// <summary>Files in memory.</summary>
internal static class TestFile
{
    /// <summary>Now, for the tests.</summary>
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Rows of labels as of <see cref="Now"/>.</summary>
    public static readonly LabelSchema Labels = new(Now);

    /// <summary>A row as it was read.</summary>
    internal sealed record Read<T>(RowPlace Place, T? Row, string? Problem)
        where T : class;

    /// <summary>A file as it was read.</summary>
    /// <param name="Rows">Its rows, those that cannot be used among them.</param>
    /// <param name="Failure">Why it as a whole cannot be read; null if it can be.</param>
    /// <param name="Unknown">Columns that mean nothing.</param>
    /// <param name="LeftOut">Entries left out.</param>
    internal sealed record Contents<T>(List<Read<T>> Rows, FileFormatException? Failure, IReadOnlyList<string> Unknown, long LeftOut)
        where T : class
    {
        public IEnumerable<T> Good => Rows.Where(read => read.Row is not null).Select(read => read.Row!);

        public IEnumerable<string> Problems => Rows.Where(read => read.Problem is not null).Select(read => $"{read.Place}: {read.Problem}");
    }

    /// <summary>Reads a file to its end, past rows that cannot be used.</summary>
    public static async Task<Contents<T>> ReadAsync<T>(
        ITableFormat format, byte[] content, RowSchema<T> schema, ReadOptions? options = null)
        where T : class
    {
        using var stream = new MemoryStream(content, writable: false);
        return await ReadAsync(format, stream, schema, options);
    }

    /// <summary>Reads a file to its end, past rows that cannot be used.</summary>
    public static async Task<Contents<T>> ReadAsync<T>(
        ITableFormat format, Stream stream, RowSchema<T> schema, ReadOptions? options = null)
        where T : class
    {
        var rows = new List<Read<T>>();
        await using var reader = format.ReadRows(stream, schema, options ?? new ReadOptions());
        try
        {
            while (await reader.ReadAsync(default))
            {
                rows.Add(new Read<T>(reader.Place, reader.Row, reader.Problem));
            }
        }
        catch (FileFormatException exception)
        {
            return new Contents<T>(rows, exception, [], 0);
        }

        return new Contents<T>(rows, null, [.. reader.Table.UnknownColumns], reader.Table.LeftOut);
    }

    /// <summary>Reads labels from text.</summary>
    public static Task<Contents<LabelRow>> LabelsAsync(ITableFormat format, string text, ReadOptions? options = null) =>
        ReadAsync(format, Encoding.UTF8.GetBytes(text), Labels, options);

    /// <summary>Writes a file.</summary>
    public static async Task<byte[]> WriteAsync<T>(
        ITableFormat format, IEnumerable<T> rows, RowSchema<T> schema, WriteOptions? options = null)
    {
        using var stream = new MemoryStream();
        await using (var writer = format.WriteRows(stream, schema, options ?? new WriteOptions()))
        {
            foreach (var row in rows)
            {
                await writer.WriteAsync(row, default);
            }

            await writer.CompleteAsync(default);
        }

        return stream.ToArray();
    }
}
