using System.Globalization;
using System.Text;

namespace LabelerService.Server.Cards;

/// <summary>Users' texts in Markdown (CommonMark, with tables): they stay text, whatever is in them, in one line.</summary>
internal static class MarkdownText
{
    // Everything that can begin or end something, tables, mathematics, mentions and bare links of common dialects included.
    private const string Active = "\\`*_{}[]()#+!|~:.@$^=";

    // Parts of words in some scripts, and of emoji.
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>The text, escaped for the middle of a line or a table's cell.</summary>
    public static string Escape(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<':
                    result.Append("&lt;");
                    break;
                case '>':
                    result.Append("&gt;");
                    break;
                case '&':
                    result.Append("&amp;");
                    break;
                case < 128 when Active.Contains((char)rune.Value, StringComparison.Ordinal):
                    result.Append('\\').Append((char)rune.Value);
                    break;
                case ZeroWidthNonJoiner or ZeroWidthJoiner:
                    result.Append(rune.ToString());
                    break;
                default:
                    // Line breaks of all kinds would end the line; marks of writing direction would turn what follows around.
                    result.Append(Rune.GetUnicodeCategory(rune) switch
                    {
                        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => " ",
                        UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned => "\uFFFD",
                        _ => rune.ToString(),
                    });
                    break;
            }
        }

        return result.ToString();
    }
}
