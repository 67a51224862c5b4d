using System.Text.RegularExpressions;
using LabelerService.Contracts;

namespace LabelerService.Server.Tests.Docs;

/// <summary>The pages of <c>docs/api</c> are what the protos and the catalogue of roles say; <c>LABELER_WRITE_DOCS=1</c> writes them.</summary>
public sealed partial class ApiReferenceTests
{
    // artifacts/bin/<project>/<pivot>/
    private static readonly string Folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "docs", "api"));
    private static readonly IReadOnlyDictionary<string, string> Pages = new ApiReference().Pages();

    [Fact]
    public async Task The_pages_are_up_to_date()
    {
        if (Environment.GetEnvironmentVariable("LABELER_WRITE_DOCS") == "1")
        {
            await WriteAsync();
        }

        const string Hint = "run LABELER_WRITE_DOCS=1 ./labeler test ApiReference and commit docs/api";
        var there = Directory.Exists(Folder) ? Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!) : [];
        Assert.True(Pages.Keys.Order(StringComparer.Ordinal).SequenceEqual(there.Order(StringComparer.Ordinal)), $"docs/api has other pages than the protos: {Hint}");
        foreach (var (name, text) in Pages)
        {
            Assert.True(text == await File.ReadAllTextAsync(Path.Combine(Folder, name)), $"docs/api/{name} is not what the protos say: {Hint}");
        }
    }

    [Fact]
    public void Every_method_message_and_field_of_the_API_is_in_them_with_its_comment()
    {
        var all = string.Concat(Pages.Values);
        foreach (var file in CommentedProtos.Load().Where(file => file.Package == "labeler.v1"))
        {
            var page = Pages[Path.GetFileNameWithoutExtension(file.Name) + ".md"];
            Assert.All(file.Services.SelectMany(service => service.Methods), method => Assert.Contains($"\n### {method.Name}\n", page, StringComparison.Ordinal));
            Assert.All(file.MessageTypes, message => Assert.Contains($"\n### {message.Name}\n", page, StringComparison.Ordinal));
            Assert.All(
                file.MessageTypes.SelectMany(message => message.Fields.InDeclarationOrder()),
                field => Assert.Contains($"\n| `{field.Name}` | ", page, StringComparison.Ordinal));
        }

        // A declaration without a comment leaves an empty cell or paragraph.
        Assert.DoesNotContain(" |  |\n", all, StringComparison.Ordinal);
        Assert.DoesNotContain("\n\n\n", all, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_link_between_them_leads_to_a_heading()
    {
        foreach (var (name, text) in Pages)
        {
            foreach (Match link in Link().Matches(text))
            {
                var target = Pages[link.Groups["page"].Value];
                var anchors = Heading().Matches(target).Select(heading => string.Concat(
                    heading.Groups["title"].Value.ToLowerInvariant().Where(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_')));
                Assert.True(anchors.Contains(link.Groups["anchor"].Value), $"{name} links to {link.Value}, which is no heading");
            }
        }
    }

    private static async Task WriteAsync()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        Directory.CreateDirectory(Folder);
        foreach (var (name, text) in Pages)
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, name), text);
        }
    }

    [GeneratedRegex(@"\]\((?<page>[a-z_]+\.md)#(?<anchor>[^)]*)\)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<title>.*)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Heading();
}
