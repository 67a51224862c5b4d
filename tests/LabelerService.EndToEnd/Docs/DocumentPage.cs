using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Docs;

/// <summary>A fenced block of a page.</summary>
/// <param name="Line">Line of its fence, from 1.</param>
/// <param name="Language">First word of its info string; empty for none.</param>
/// <param name="Notes">What follows it: <c>setup</c>, <c>exit=1</c>, <c>no-test=…</c>.</param>
/// <param name="Text">What is between the fences.</param>
internal sealed record DocumentBlock(int Line, string Language, string Notes, string Text)
{
    private const string NoTest = "no-test=";
    private const string Exit = "exit=";

    /// <summary>Whether it holds commands.</summary>
    public bool IsCommands => Language == "bash";

    /// <summary>Why its commands are not run; null where they are.</summary>
    public string? Untested => Notes.StartsWith(NoTest, StringComparison.Ordinal) ? Notes[NoTest.Length..] : null;

    /// <summary>The exit code that it is to end with.</summary>
    public int ExitCode => Notes.StartsWith(Exit, StringComparison.Ordinal) ? int.Parse(Notes[Exit.Length..], System.Globalization.CultureInfo.InvariantCulture) : 0;
}

/// <summary>A page of the documentation.</summary>
/// <param name="Path">Its path within the repository.</param>
/// <param name="Blocks">Its fenced blocks, in order.</param>
internal sealed record DocumentPage(string Path, IReadOnlyList<DocumentBlock> Blocks)
{
    /// <summary>Pages that are made of the protos, and designs, which show how things work and not how to use them.</summary>
    private static readonly string[] WithoutCommands = ["docs/api/", "docs/designs/"];

    /// <summary>The README, the tutorial, the how-tos and what else is for users.</summary>
    public static IReadOnlyList<DocumentPage> All { get; } =
    [
        .. Directory.GetFiles(System.IO.Path.Combine(Assemblies.Repository, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(Assemblies.Repository, file).Replace('\\', '/'))
            .Where(path => !WithoutCommands.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)))
            .Append("README.md").Order(StringComparer.Ordinal).Select(Read),
    ];

    /// <summary>Reads a page.</summary>
    public static DocumentPage Read(string path)
    {
        var lines = File.ReadAllLines(System.IO.Path.Combine(Assemblies.Repository, path));
        var blocks = new List<DocumentBlock>();
        for (var i = 0; i < lines.Length; i++)
        {
            var indent = lines[i].Length - lines[i].TrimStart().Length;
            if (!lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                continue;
            }

            var (start, info) = (i, lines[i].Trim().TrimStart('`').Trim());
            for (i++; i < lines.Length && lines[i].Trim() != "```"; i++)
            {
                // Until the fence that ends it.
            }

            Assert.True(i < lines.Length, $"{path}:{start + 1}: the block has no end");
            var space = info.IndexOf(' ', StringComparison.Ordinal);
            blocks.Add(new DocumentBlock(
                start + 1, space < 0 ? info : info[..space], space < 0 ? "" : info[(space + 1)..],
                string.Join('\n', lines[(start + 1)..i].Select(line => line.Length >= indent && line[..indent].Trim().Length == 0 ? line[indent..] : line))));
        }

        return new DocumentPage(path, blocks);
    }
}
