using System.CommandLine;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Tests.Commands;

public class HelpTests
{
    private static readonly Command Root = CommandTree.Create();

    public static TheoryData<string> Commands => [.. CommandTree.All(Root).Select(CommandTree.Path)];

    public static TheoryData<string, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, string>();
            foreach (var command in CommandTree.All(Root))
            {
                foreach (var example in HelpWithExamples.Of(command))
                {
                    examples.Add(CommandTree.Path(command), example);
                }
            }

            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_says_what_it_is_for_and_shows_an_example(string path)
    {
        var outcome = await CommandLine.RunAsync($"{path} --help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Matches("(?s)Description:.+Usage:.+Examples:\n  [^\n]*labeler ", outcome.Output);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_a_command_line_that_can_be_run(string path, string example)
    {
        // Of `labeler watch R --json | jq .` or `eval "$(labeler completion bash)"` what labeler is to do.
        var start = example.IndexOf("labeler ", StringComparison.Ordinal);
        var words = ShellWords.Split(example[start..].Split(" | ")[0].Split(" > ")[0].Split(" < ")[0].Split(")\"")[0].Split(" #")[0])
            .Where(word => word.Length > 0).Skip(1).ToArray();
        var parsed = Root.Parse(words);

        if (parsed.CommandResult.Command is { TreatUnmatchedTokensAsErrors: true })
        {
            Assert.Empty(parsed.Errors.Select(error => error.Message));
        }

        // A group's examples are those of its commands; pretrain shows what to do with what it made.
        Assert.True(
            HelpWithExamples.Of(CommandTree.All(Root).First(command => CommandTree.Path(command) == path))
                .Any(other => other.Contains($"labeler {path}", StringComparison.Ordinal)),
            $"no example of \"{path}\" shows it");
    }

    [Fact]
    public void Every_option_and_argument_is_described()
    {
        var nameless = CommandTree.All(Root).Prepend(Root).SelectMany(command => command.Options.Cast<Symbol>().Concat(command.Arguments)
            .Where(symbol => !symbol.Hidden && string.IsNullOrWhiteSpace(symbol.Description)).Select(symbol => $"{CommandTree.Path(command)} {symbol.Name}"));

        Assert.Empty(nameless);
    }
}
