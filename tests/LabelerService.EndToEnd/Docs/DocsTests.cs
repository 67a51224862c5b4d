namespace LabelerService.EndToEnd.Docs;

/// <summary>What the documentation tells users to type works, and gives what it shows.</summary>
public sealed class DocsTests
{
    // Blocks that need Docker, another machine, or a build of their own. A new one needs a better reason than that it is slow.
    private const int MostUntested = 12;

    private static readonly string[] Languages = ["bash", "text", "json", "python", "csharp", "csv", "xml", "yaml", "proto", "math"];

    public static TheoryData<string> Pages =>
        [.. DocumentPage.All.Where(page => page.Blocks.Any(block => block is { IsCommands: true, Untested: null })).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task The_commands_of_a_page_run_in_order_and_give_what_it_shows(string path)
    {
        var page = DocumentPage.Read(path);
        await using var shell = await DocumentShell.StartAsync();
        DocumentShell.Outcome? last = null;
        foreach (var block in page.Blocks)
        {
            if (block is { IsCommands: true, Untested: null })
            {
                last = await shell.RunAsync(block.Text);
                Assert.True(
                    last.ExitCode == block.ExitCode,
                    $"{path}:{block.Line}: exit code {last.ExitCode}, {block.ExitCode} expected\n{block.Text}\n--- output\n{last.Output}\n--- errors\n{last.Error}");
            }
            else if (block.Language == "text" && last is not null)
            {
                Assert.True(
                    new[] { last.Output, last.Error, last.Output + last.Error }.Any(output => ShownOutput.Matches(block.Text, output)),
                    $"{path}:{block.Line}: the page shows\n{block.Text}\n--- the output is\n{last.Output}\n--- errors\n{last.Error}");
                last = null;
            }
            else
            {
                // Something else is shown; a block of text after it is not the output of these commands.
                last = null;
            }
        }
    }

    [Fact]
    public void Every_block_says_what_it_is_and_what_is_not_run_says_why()
    {
        foreach (var page in DocumentPage.All.Where(page => page.Path != "README.md"))
        {
            Assert.All(page.Blocks, block => Assert.True(
                Languages.Contains(block.Language), $"{page.Path}:{block.Line}: '{block.Language}' is none of {string.Join(", ", Languages)}"));
        }

        var commands = DocumentPage.All.SelectMany(page => page.Blocks).Where(block => block.IsCommands).ToArray();
        var untested = commands.Where(block => block.Untested is not null).ToArray();
        Assert.All(untested, block => Assert.True(block.Untested!.Length >= 10, $"line {block.Line}: '{block.Untested}' is no reason"));
        Assert.InRange(untested.Length, 0, MostUntested);
        Assert.InRange(commands.Length - untested.Length, 10, int.MaxValue);
    }

    [Theory]
    [InlineData("done in … s", "done in 1.5 s\n", true)]
    [InlineData("done in … s", "done in 1.5 s\nmore\n", false)]
    [InlineData("…\nlast", "one\ntwo\nlast\n", true)]
    [InlineData("…\nlast", "last\n", true)]
    [InlineData("first\n…", "first\n", true)]
    [InlineData("first\n…\nlast", "first\nx\ny\n", false)]
    [InlineData("a.b", "axb\n", false)]
    public void An_ellipsis_stands_for_what_differs_and_nothing_else_does(string shown, string output, bool matches) =>
        Assert.Equal(matches, ShownOutput.Matches(shown, output));
}
