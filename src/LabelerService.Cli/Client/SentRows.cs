using System.Globalization;
using System.Text.RegularExpressions;

namespace LabelerService.Cli.Client;

/// <summary>
/// Remembers which rows went out in which message of a stream, and finds the row that a field of a refusal belongs to:
/// <c>messages[2].annotations[17].class_index</c> counts within the third message, <c>annotations[17]</c> over the whole stream.
/// </summary>
internal sealed partial class SentRows
{
    private readonly List<long> _firstRows = [];
    private long _rows;

    /// <summary>Notes that a message with so many rows goes out.</summary>
    public void Add(int rows)
    {
        _firstRows.Add(_rows);
        _rows += rows;
    }

    /// <summary>Puts the place in the file instead of the field.</summary>
    /// <param name="failure">What the service said.</param>
    /// <param name="place">Names the place of a row, rows counted from 0.</param>
    public ServiceFailure Locate(ServiceFailure failure, Func<long, string> place) => failure with
    {
        Details = [.. failure.Details.Select(detail => RowOf(detail.Where) is { } row ? detail with { Where = place(row) } : detail)],
    };

    /// <summary>The row a field belongs to; null if it belongs to none.</summary>
    internal long? RowOf(string field)
    {
        var match = Entry().Match(field);
        if (!match.Success || !long.TryParse(match.Groups["entry"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var entry))
        {
            return null;
        }

        if (int.TryParse(match.Groups["message"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var message))
        {
            entry = message < _firstRows.Count ? _firstRows[message] + entry : _rows;
        }

        return entry < _rows ? entry : null;
    }

    [GeneratedRegex(
        @"\A(?:messages\[(?<message>\d+)\]\.)?(?:batch\.)?(?:annotations|item_ids|gold_classes|items|features)\[(?<entry>\d+)\]",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Entry();
}
