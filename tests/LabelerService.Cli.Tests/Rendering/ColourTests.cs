using System.Text.RegularExpressions;

namespace LabelerService.Cli.Tests.Rendering;

public partial class ColourTests
{
    [Theory]
    [InlineData("dataset show x --server nonsense", false)]
    [InlineData("dataset show x --server nonsense --color", true)]
    [InlineData("dataset show x --server nonsense --color --no-color", false)]
    [InlineData("bogus --color", true)]
    public async Task Into_a_pipe_goes_no_colour_unless_asked_for(string line, bool coloured)
    {
        var outcome = await CommandLine.RunAsync(line);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(coloured, outcome.Error.Contains("\e[", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--color", "1", true)]
    [InlineData("--json", "1", false)]
    public async Task The_option_counts_before_the_variable(string option, string variable, bool coloured)
    {
        var outcome = await CommandLine.RunAsync(["dataset", "show", "x", "--server", "nonsense", option], new() { ["NO_COLOR"] = variable });

        Assert.Equal(coloured, outcome.Error.Contains("\e[", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "xterm-256color", "", true)]
    [InlineData("1", "xterm-256color", "", false)]
    [InlineData("", "dumb", "", false)]
    [InlineData("", "xterm-256color", "--no-color", false)]
    [InlineData("1", "xterm-256color", "--color", true)]
    public async Task On_a_terminal_there_are_colours_unless_somebody_does_not_want_them(string noColor, string terminal, string option, bool coloured)
    {
        var shown = await Shell.OnTerminalAsync(
            $"dotnet {Shell.Cli} dataset show x --server nonsense {option}", new() { ["NO_COLOR"] = noColor, ["TERM"] = terminal });

        Assert.Contains("\"nonsense\" is not the URL of a server", shown, StringComparison.Ordinal);

        // Colours alone: the runtime itself tells a terminal which mode its keys are in.
        Assert.Equal(coloured, Colour().IsMatch(shown));
    }

    [GeneratedRegex("\e\\[[0-9;]*m", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Colour();
}
