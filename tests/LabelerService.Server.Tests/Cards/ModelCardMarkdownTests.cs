using CsCheck;
using LabelerService.Core.Models;
using LabelerService.Server.Cards;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace LabelerService.Server.Tests.Cards;

/// <summary>Users' texts stay text in a card's Markdown, as a parser of CommonMark and of common extensions reads it.</summary>
public sealed class ModelCardMarkdownTests
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseAutoLinks().UseEmphasisExtras().UseTaskLists().UseFootnotes().UseMathematics().UseGenericAttributes().UseAbbreviations().Build();

    private static readonly string[] Hostile =
    [
        "a|b", "| x | y |", "`code`", "```", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a\nb", "a\r\n\r\n# heading", "\u2028- list",
        "[text](http://evil.example)", "![x](http://evil.example/x.png)", "http://evil.example", "www.evil.example", "mail@evil.example", "<http://evil.example>",
        "**bold**", "_em_", "~~gone~~", "\\", "\\|", "&lt;b&gt;", "&#124;", "# x", "---", "| --- |", "[x]: http://evil.example", "[^1]", "$x$", "$$x$$", "{.class}",
        "*[HTML]: x", "1. one", "- [ ] task", "> quote", "    indented", "\u202egnp", "e\u0301", "日本語", "🧪👩\u200d🔬", "\ufeff", " ", "\0", "=1+1", ":smile:", "@someone",
    ];

    private static readonly Gen<string> Bad = Gen.Int[0, Hostile.Length - 1].Select(i => Hostile[i]);

    private static readonly Gen<string> Text = Gen.OneOf(
        Bad, Gen.Select(Bad, Bad, (first, second) => first + second),
        Gen.String[Gen.Char["|`<>&[]()*_~#\\\n\r!$@:.{}^=+- ab"], 0, 12], Gen.String[0, 12].Where(text => !text.Any(char.IsSurrogate)));

    [Fact]
    public void Whatever_users_call_things_the_document_has_the_same_structure()
    {
        var expected = Structure(Parse(Write("class", "labeler", "dataset", "model", "text")));
        Gen.Select(Text, Text, Text, Text, Text).Sample(
            (name, labeler, dataset, display, description) =>
            {
                // Empty ones are left out of the document by design.
                var document = Parse(Write("x" + name, "x" + labeler, "x" + dataset, "x" + display, "x" + description));
                Assert.Equal(expected, Structure(document));
            },
            iter: 500);
    }

    [Fact]
    public void What_is_printed_is_what_users_wrote_but_for_line_breaks_and_invisible_marks() => Text.Sample(
        text =>
        {
            var paragraph = Assert.IsType<ParagraphBlock>(Assert.Single(Parse("x" + MarkdownText.Escape(text) + "x")));
            var shown = string.Concat(paragraph.Inline!.Select(inline => inline switch
            {
                LiteralInline literal => literal.Content.ToString(),
                HtmlEntityInline entity => entity.Transcoded.ToString(),
                _ => throw new InvalidOperationException($"{inline.GetType().Name} in {text}"),
            }));
            Assert.Equal("x" + Plain(text) + "x", shown);
        },
        iter: 500);

    private static string Plain(string text) => string.Concat(text.EnumerateRunes().Select(rune => System.Text.Rune.GetUnicodeCategory(rune) switch
    {
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.LineSeparator
            or System.Globalization.UnicodeCategory.ParagraphSeparator => " ",
        System.Globalization.UnicodeCategory.Format when rune.Value is not (0x200C or 0x200D) => "\uFFFD",
        System.Globalization.UnicodeCategory.OtherNotAssigned => "\uFFFD",
        _ => rune.ToString(),
    }));

    private static string Write(string name, string labeler, string dataset, string display, string description) => ModelCardMarkdown.Write(SomeCards.Card(
        SomeCards.Manifest([name, "other", "third"], [new ModelHead(labeler, 3, 0.5, 0.5), new ModelHead(null, 3, 0.5, 0.5)]) with
        {
            CodeVersion = name,
            Settings = new Dictionary<string, string> { ["epochs"] = labeler },
        },
        dataset, display, description));

    private static MarkdownDocument Parse(string text) => Markdown.Parse(text, Pipeline);

    /// <summary>Kinds of all blocks, and of all inlines but plain text, in order.</summary>
    private static string Structure(MarkdownDocument document)
    {
        var kinds = new List<string>();
        foreach (var node in document.Descendants())
        {
            if (node is LiteralInline or HtmlEntityInline or ContainerInline { FirstChild: null } || node.GetType() == typeof(ContainerInline))
            {
                continue;
            }

            kinds.Add(node is TableRow row ? $"{node.GetType().Name}{row.Count}" : node.GetType().Name);
        }

        return string.Join(' ', kinds);
    }
}
