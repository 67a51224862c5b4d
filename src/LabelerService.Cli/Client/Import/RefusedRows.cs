using System.Globalization;
using System.Text.RegularExpressions;

namespace LabelerService.Cli.Client.Import;

/// <summary>Which rows of a batch a refusal names, and why.</summary>
internal static partial class RefusedRows
{
    /// <summary>Reads a refusal.</summary>
    /// <param name="failure">What the service said.</param>
    /// <returns>Message within the stream (−1 where the fields do not say), entry within it, field and reason.</returns>
    public static IReadOnlyList<(int Message, int Entry, string Field, string Reason)> Of(ServiceFailure failure)
    {
        var found = new List<(int, int, string, string)>();
        foreach (var detail in failure.Details)
        {
            var match = Place().Match(detail.Where);
            if (match.Success && int.TryParse(match.Groups["entry"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var entry))
            {
                var message = int.TryParse(match.Groups["message"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : -1;
                var field = match.Groups["field"].Value;
                found.Add((message, entry, field, field.Length == 0 ? detail.What : $"{field}: {detail.What}"));
            }
        }

        return found;
    }

    [GeneratedRegex(
        @"\A(?:messages\[(?<message>\d+)\]\.)?(?:batch\.)?(?:annotations|item_ids|gold_classes|images|texts|sequences|splits|features|labelers)\[(?<entry>\d+)\](?:\.(?<field>.+))?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Place();
}
