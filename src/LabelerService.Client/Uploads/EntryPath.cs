using System.Globalization;
using System.Text.RegularExpressions;

namespace LabelerService.Client;

/// <summary>
/// Which entry of an upload a field of a refusal belongs to: <c>messages[2].annotations[17].class_index</c> counts within the third message
/// of a stream, <c>batch.item_ids[17]</c> within the one that was sent.
/// </summary>
/// <param name="Message">Message within the stream, from 0; −1 where the field does not say.</param>
/// <param name="Entry">Entry within the message, or within all where there is no message, from 0.</param>
/// <param name="Field">Field of the entry; empty for the entry itself.</param>
internal readonly partial record struct EntryPath(int Message, int Entry, string Field)
{
    /// <summary>Reads a field's path; null if it belongs to no entry.</summary>
    public static EntryPath? Of(string path)
    {
        var match = Pattern().Match(path);
        return match.Success && TryParse(match.Groups["entry"].ValueSpan, out var entry)
            ? new EntryPath(TryParse(match.Groups["message"].ValueSpan, out var message) ? message : -1, entry, match.Groups["field"].Value)
            : null;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex(
        @"\A(?:messages\[(?<message>\d+)\]\.)?(?:(?:batch|texts|sequences|images|items)\.)?(?:annotations|item_ids|gold_classes|items|features|images|texts|sequences|splits|labelers)\[(?<entry>\d+)\](?:\.(?<field>.+))?",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
