using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Docs;

/// <summary>Links within the repository lead to a file, and to a heading of it where they name one.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] Roots = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs", "samples", "clients", "src/LabelerService.Client"];

    [Fact]
    public void Every_link_of_the_documentation_leads_somewhere()
    {
        var broken = new List<string>();
        foreach (var page in Files())
        {
            foreach (Match link in Link().Matches(Fence().Replace(File.ReadAllText(page), "")))
            {
                var target = link.Groups["target"].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                {
                    continue;
                }

                var (path, anchor) = target.Split('#', 2) is [var file, var heading] ? (file, heading) : (target, "");
                var full = path.Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, path));
                if (!File.Exists(full) && !Directory.Exists(full))
                {
                    broken.Add($"{Path.GetRelativePath(Assemblies.Repository, page)}: {target}");
                }
                else if (anchor.Length > 0 && full.EndsWith(".md", StringComparison.Ordinal) && !Anchors(full).Contains(anchor))
                {
                    broken.Add($"{Path.GetRelativePath(Assemblies.Repository, page)}: {target} is no heading there");
                }
            }
        }

        Assert.Empty(broken);
    }

    private static IEnumerable<string> Files() => Roots.Select(root => Path.Combine(Assemblies.Repository, root)).SelectMany(path =>
        File.Exists(path) ? [path] : Directory.Exists(path) ? Directory.GetFiles(path, "*.md", SearchOption.AllDirectories) : Array.Empty<string>());

    private static IEnumerable<string> Anchors(string page) => Heading().Matches(File.ReadAllText(page)).Select(heading => string.Concat(
        heading.Groups["title"].Value.Trim().ToLowerInvariant().Replace(' ', '-').Where(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_')));

    [GeneratedRegex(@"\[[^\]]*\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<title>.*)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```[\s\S]*?^```$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
