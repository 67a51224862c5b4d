using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary>Commands that the launcher script runs itself; here only so that help lists them.</summary>
internal static class LauncherCommands
{
    public static Command Create(CommandHost host, string name, string description, params string[] examples)
    {
        var rest = new Argument<string[]>("arguments") { Arity = ArgumentArity.ZeroOrMore, Hidden = true };
        var command = new Command(name, description) { rest };
        command.TreatUnmatchedTokensAsErrors = false;
        HelpWithExamples.Add(command, examples);
        host.Handle(command, (_, _) => throw new UsageException(
            $"`{name}` is run by the launcher at the top of the repository: {examples[0]}"));
        return command;
    }
}
