namespace LabelerService.Core.Text;

/// <summary>
/// Splits text into lower-case tokens: runs of letters and digits, with apostrophes and hyphens inside; every other visible character is
/// a token of its own.
/// </summary>
public static class Tokenizer
{
    /// <summary>The tokens of a text, in order.</summary>
    public static List<string> Split(string text)
    {
        var tokens = new List<string>();
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            if (char.IsLetterOrDigit(text[at]))
            {
                while (at < text.Length && (char.IsLetterOrDigit(text[at]) || IsInside(text, at)))
                {
                    at++;
                }

                tokens.Add(text[start..at].ToLowerInvariant());
            }
            else
            {
                at++;
                if (!char.IsWhiteSpace(text[start]) && !char.IsControl(text[start]))
                {
                    tokens.Add(text[start..at]);
                }
            }
        }

        return tokens;
    }

    // An apostrophe or hyphen between two letters or digits: don't, well-made.
    private static bool IsInside(string text, int at) =>
        text[at] is '\'' or '’' or '-' && at + 1 < text.Length && char.IsLetterOrDigit(text[at + 1]);
}
