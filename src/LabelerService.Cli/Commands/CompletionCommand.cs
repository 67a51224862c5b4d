using System.CommandLine;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary><c>completion</c>: a script that makes a shell complete command lines, and the hidden command that such a script asks.</summary>
internal static class CompletionCommand
{
    /// <summary>The command that scripts ask; its answer is a kind, and for words a line each: the word, a tab, what it is.</summary>
    public const string Question = "__complete";

    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Command Create(CommandHost host)
    {
        var shell = new Argument<string>("SHELL")
        {
            Description = "bash, zsh or fish",
            HelpName = "bash|zsh|fish",
            CustomParser = result => CommonArguments.Parse(
                result, text => Shells.FirstOrDefault(known => known == text), "completion is there for bash, zsh and fish"),
        };
        var command = new Command(
            "completion", "Print a script that makes the Tab key complete commands, options, and names of datasets, models, runs and more")
        {
            shell,
        };
        host.Handle(command, (run, _) =>
        {
            var script = Script(run.Get(shell));
            run.Terminal.Result(new { Shell = run.Get(shell), Script = script }, console => console.Profile.Out.Writer.Write(script));
            return Task.CompletedTask;
        });
        HelpWithExamples.Add(
            command,
            "eval \"$(labeler completion bash)\"        # in ~/.bashrc",
            "eval \"$(labeler completion zsh)\"         # in ~/.zshrc, behind compinit",
            "labeler completion fish > ~/.config/fish/completions/labeler.fish");
        return command;
    }

    /// <summary>Creates the hidden command.</summary>
    /// <param name="host">What all commands share.</param>
    /// <param name="root">Gives the whole command line.</param>
    public static Command CreateQuestion(CommandHost host, Func<Command> root)
    {
        var line = new Argument<string>("LINE") { Description = "The command line up to the cursor" };
        var command = new Command(Question, "Say what can stand at the end of a command line") { line };
        command.Hidden = true;
        host.Handle(command, async (run, cancellationToken) =>
        {
            var found = await new Completer(run.Host, root()).CompleteAsync(run.Get(line), cancellationToken);
            run.Terminal.Result(found, console =>
            {
                var output = console.Profile.Out.Writer;
                output.Write($"{found.Kind.ToString().ToLowerInvariant()}\n");
                foreach (var (word, description) in found.Words)
                {
                    output.Write(description.Length == 0 ? $"{PlainText.Of(word)}\n" : $"{PlainText.Of(word)}\t{PlainText.Of(description).ReplaceLineEndings(" ")}\n");
                }
            });
        });
        return command;
    }

    private static string Script(string shell)
    {
        using var stream = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion.{shell}")
            ?? throw new InvalidOperationException($"The script for {shell} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
