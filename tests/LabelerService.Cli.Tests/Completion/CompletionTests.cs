namespace LabelerService.Cli.Tests.Completion;

public class CompletionTests
{
    [Theory]
    [InlineData("labeler tr", "words train trainers trainer")]
    [InlineData("labeler import ", "words items labels gold labelers")]
    [InlineData("labeler import la", "words labels labelers")]
    [InlineData("labeler train scenes --mod", "words --model --model-id")]
    [InlineData("labeler train scenes --model bn --mod", "words --model-id")]
    [InlineData("labeler evaluate datasets/d/models/m --split t", "words train test")]
    [InlineData("labeler evaluate datasets/d/models/m --split=t", "words --split=train --split=test")]
    [InlineData("labeler import labels d --on-error ", "words fail skip")]
    [InlineData("labeler import labels d --file ", "files")]
    [InlineData("labeler import items d --features ./", "files")]
    [InlineData("labeler predict datasets/d/models/m --out ", "files")]
    [InlineData("labeler model download datasets/d/models/m --triton ", "folders")]
    [InlineData("labeler completion ", "words bash zsh fish")]
    [InlineData("labeler config set ", "words server api-key ca client-cert client-key")]
    [InlineData("labeler key create --role re", "words reader")]
    [InlineData("labeler train scenes --seed ", "words")]
    [InlineData("labeler bogus ", "words")]
    [InlineData("labeler", "words")]
    [InlineData("", "words")]
    public async Task What_can_stand_at_the_cursor_is_offered(string line, string offered)
    {
        var outcome = await CommandLine.RunAsync(["__complete", "--", line]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("", outcome.Error);
        Assert.Equal(offered, string.Join(' ', outcome.Output.TrimEnd('\n').Split('\n').Select(entry => entry.Split('\t')[0])));
    }

    [Fact]
    public async Task Options_are_described_and_hidden_commands_are_not_offered()
    {
        var options = await CommandLine.RunAsync(["__complete", "--", "labeler dataset list --js"]);
        Assert.Equal("words\n--json\tStandard output carries exactly one JSON document, also of failures\n", options.Output);

        var commands = await CommandLine.RunAsync(["__complete", "--", "labeler _"]);
        Assert.Equal("words\n", commands.Output);
    }

    [Fact]
    public async Task Names_of_a_service_that_is_not_there_are_not_waited_for_and_not_complained_about()
    {
        var outcome = await CommandLine.RunAsync(["__complete", "--", "labeler dataset show --server http://127.0.0.1:1 sc"]);

        Assert.Equal((0, "words\n", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Theory]
    [InlineData("bash", "complete -F _labeler labeler")]
    [InlineData("zsh", "#compdef labeler")]
    [InlineData("fish", "complete -c labeler")]
    public async Task Each_shell_has_its_script(string shell, string line)
    {
        var outcome = await CommandLine.RunAsync(["completion", shell]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(line, outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_completes_by_the_script_installed_or_in_the_current_folder()
    {
        using var folder = new TemporaryFolder();
        var program = folder.Write("labeler", $"#!/bin/sh\nexec dotnet {Shell.Cli} \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        folder.Write("scenes.npy", "");
        // As readline calls it: words broken at = and : as well, the line, and where the cursor is.
        const string script = """
            eval "$(labeler completion bash)"
            complete -p labeler
            answer() {
              COMP_LINE=$1; COMP_POINT=${#1}; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
              _labeler
              printf '%s:' "$1"; printf ' %s' "${COMPREPLY[@]}"; printf '\n'
            }
            answer 'labeler imp'
            cd "$FOLDER"
            answer './labeler evaluate datasets/d/models/m --split=v'
            answer 'labeler import items scenes --features '
            """;

        var shown = await Shell.BashAsync(script, new() { ["PATH"] = $"{Path.GetDirectoryName(program)}:{Environment.GetEnvironmentVariable("PATH")}", ["FOLDER"] = Path.GetDirectoryName(program)! });

        Assert.Equal(
            """
            complete -F _labeler labeler
            labeler imp: import
            ./labeler evaluate datasets/d/models/m --split=v: valid
            labeler import items scenes --features : 

            """,
            shown);
    }
}
