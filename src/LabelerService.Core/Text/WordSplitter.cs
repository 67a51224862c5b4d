namespace LabelerService.Core.Text;

/// <summary>
/// Splits text into lower-case words (letters and digits, with apostrophes inside) and punctuation marks, each a token; everything else
/// is left out.
/// </summary>
internal static class WordSplitter
{
    private const string Marks = ".,;:!?";

    /// <summary>The tokens of a text, in order.</summary>
    public static List<string> Split(string text)
    {
        var tokens = new List<string>();
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || (at > start && IsInnerApostrophe(text, at))))
            {
                at++;
            }

            if (at > start)
            {
                tokens.Add(text[start..at].ToLowerInvariant().Replace('’', '\''));
            }
            else
            {
                if (Marks.Contains(text[at], StringComparison.Ordinal))
                {
                    tokens.Add(text[at].ToString());
                }

                at++;
            }
        }

        return tokens;
    }

    /// <summary>Whether a token is a punctuation mark.</summary>
    public static bool IsMark(string token) => token.Length == 1 && Marks.Contains(token[0], StringComparison.Ordinal);

    // don't, but not the end of a quotation.
    private static bool IsInnerApostrophe(string text, int at) =>
        text[at] is '\'' or '’' && at + 1 < text.Length && char.IsLetter(text[at + 1]);
}
