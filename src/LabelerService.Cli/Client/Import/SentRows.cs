namespace LabelerService.Cli.Client.Import;

/// <summary>
/// Remembers which rows went out in which message of a stream, and finds the row that a field of a refusal belongs to:
/// <c>messages[2].annotations[17].class_index</c> counts within the third message, <c>annotations[17]</c> over the whole stream.
/// </summary>
internal sealed class SentRows
{
    private readonly List<long> _firstRows = [];
    private long _rows;

    /// <summary>Notes that a message with so many rows goes out.</summary>
    public void Add(int rows)
    {
        _firstRows.Add(_rows);
        _rows += rows;
    }

    /// <summary>The rows that a failure names.</summary>
    public IReadOnlyCollection<long> RowsOf(ServiceFailure failure) =>
        [.. failure.Details.Select(detail => RowOf(detail.Where)).OfType<long>().Distinct()];

    /// <summary>Puts places in the file instead of fields, and then speaks of the file instead of messages and batches.</summary>
    /// <param name="failure">What the service said.</param>
    /// <param name="path">The file.</param>
    /// <param name="places">Places of the rows that it names.</param>
    public ServiceFailure Locate(ServiceFailure failure, string path, IReadOnlyDictionary<long, string> places) =>
        Locate(failure, path, row => places.GetValueOrDefault(row, $"row {row}"));

    /// <summary>Puts places in the file instead of fields, and then speaks of the file instead of messages and batches.</summary>
    /// <param name="failure">What the service said.</param>
    /// <param name="path">The file.</param>
    /// <param name="place">Names the place of a row within the file, rows counted from 0.</param>
    public ServiceFailure Locate(ServiceFailure failure, string path, Func<long, string> place)
    {
        var details = failure.Details
            .Select(detail => RowOf(detail.Where) is { } row ? detail with { Where = $"{path} {place(row)}" } : detail).ToArray();
        return details.Length == 0 || details.SequenceEqual(failure.Details)
            ? failure
            : failure with { Message = $"{path}: the service refused rows; nothing of what was sent is stored", Details = details };
    }

    /// <summary>The row a field belongs to; null if it belongs to none.</summary>
    internal long? RowOf(string field)
    {
        if (EntryPath.Of(field) is not { } path)
        {
            return null;
        }

        var entry = path.Message < 0 ? path.Entry : path.Message < _firstRows.Count ? _firstRows[path.Message] + path.Entry : _rows;
        return entry < _rows ? entry : null;
    }
}
