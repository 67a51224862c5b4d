using System.Text;

namespace LabelerService.Cli.Completion;

/// <summary>Splits a command line into words as a shell does: blanks separate, quotes and backslashes keep together.</summary>
internal static class ShellWords
{
    /// <summary>The words of a line.</summary>
    /// <param name="line">The line, up to the cursor.</param>
    /// <returns>All words; the last is the one the cursor is in, empty behind a blank.</returns>
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, escaped) = ('\0', false);
        foreach (var c in line)
        {
            if (escaped)
            {
                // Between double quotes a backslash is itself, but for what it protects.
                if (quote == '"' && c is not ('"' or '\\' or '$' or '`'))
                {
                    word.Append('\\');
                }

                word.Append(c);
                escaped = false;
            }
            else if (c == '\\' && quote != '\'')
            {
                escaped = true;
            }
            else if (quote != '\0')
            {
                if (c == quote)
                {
                    quote = '\0';
                }
                else
                {
                    word.Append(c);
                }
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (!char.IsWhiteSpace(c))
            {
                word.Append(c);
            }
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        words.Add(word.ToString());
        return words;
    }
}
