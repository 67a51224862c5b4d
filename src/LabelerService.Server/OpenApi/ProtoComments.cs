using Google.Protobuf.Reflection;

namespace LabelerService.Server.OpenApi;

/// <summary>Comments of the protos as texts.</summary>
internal static class ProtoComments
{
    /// <summary>The comment above a declaration, paragraphs kept and lines joined; empty for none.</summary>
    public static string Of(DescriptorBase declared)
    {
        var comment = declared.Declaration?.LeadingComments;
        if (string.IsNullOrWhiteSpace(comment))
        {
            return "";
        }

        var paragraphs = new List<string> { "" };
        foreach (var line in comment.Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0)
            {
                paragraphs.Add("");
            }
            else
            {
                paragraphs[^1] += paragraphs[^1].Length == 0 ? line : $" {line}";
            }
        }

        return string.Join("\n\n", paragraphs.Where(paragraph => paragraph.Length > 0));
    }

    /// <summary>The first sentence of a text.</summary>
    public static string FirstSentence(string text)
    {
        var end = text.IndexOf(". ", StringComparison.Ordinal);
        var paragraph = text.IndexOf('\n', StringComparison.Ordinal);
        var cut = new[] { end, paragraph }.Where(at => at >= 0).DefaultIfEmpty(text.Length).Min();
        return text[..cut].TrimEnd('.', '\n');
    }
}
