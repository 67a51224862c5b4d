using System.Text.RegularExpressions;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Docs;

/// <summary>What pages quote of the code is in the code: messages word for word, and files under their names.</summary>
public sealed partial class FactTests
{
    private const int ShortestPiece = 8;

    private static readonly Lazy<string[]> Sources = new(() =>
    [
        .. Directory.GetFiles(Path.Combine(Assemblies.Repository, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .Concat(Directory.GetFiles(Path.Combine(Assemblies.Repository, "scripts"), "*.sh"))
            .Select(File.ReadAllText),
    ]);

    [Fact]
    public void Every_message_of_the_troubleshooting_page_is_one_that_the_code_has()
    {
        var messages = File.ReadLines(Page("troubleshooting.md")).Where(line => line.StartsWith("> ", StringComparison.Ordinal)).Select(line => line[2..]).ToArray();
        Assert.True(messages.Length >= 20, $"only {messages.Length} messages were found");
        Assert.All(messages, message =>
        {
            // The ellipsis stands for what differs, unless the code says it itself.
            string[] pieces = Sources.Value.Any(text => text.Contains(message, StringComparison.Ordinal))
                ? []
                : [.. message.Split('…').Select(piece => piece.Trim()).Where(piece => piece.Length >= ShortestPiece)];
            Assert.True(
                pieces.Length == 0 ? message.Length >= ShortestPiece : Sources.Value.Any(text => pieces.All(piece => text.Contains(piece, StringComparison.Ordinal))),
                $"no file has '{message}'");
        });
    }

    [Fact]
    public void Every_file_that_the_concepts_name_is_there()
    {
        var names = FileName().Matches(File.ReadAllText(Page("concepts.md"))).Select(match => match.Groups["name"].Value).Distinct().ToArray();
        Assert.True(names.Length >= 20, $"only {names.Length} files were found");
        Assert.All(names, name => Assert.True(File.Exists(Path.Combine(Assemblies.Repository, "src", "LabelerService." + name)), $"src/LabelerService.{name} is not there"));
    }

    private static string Page(string name) => Path.Combine(Assemblies.Repository, "docs", name);

    [GeneratedRegex(@"`(?<name>[A-Z][A-Za-z]+(/[A-Za-z]+)+\.cs)`", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex FileName();
}
