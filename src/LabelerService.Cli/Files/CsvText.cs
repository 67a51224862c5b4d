namespace LabelerService.Cli.Files;

/// <summary>Writes text as CSV cells (RFC 4180), safe to open in a spreadsheet.</summary>
internal static class CsvText
{
    /// <summary>A cell for text that came from users.</summary>
    /// <param name="text">The text.</param>
    /// <param name="raw">
    /// Leaves text that a spreadsheet would run as a formula (it begins with <c>= + - @</c>, tab or carriage return) as it is; otherwise such
    /// text gets an apostrophe in front.
    /// </param>
    public static string Cell(string text, bool raw = false)
    {
        if (!raw && text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
        {
            text = "'" + text;
        }

        return text.AsSpan().ContainsAny(",\"\r\n") || (text.Length > 0 && (text[0] == ' ' || text[^1] == ' '))
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }
}
