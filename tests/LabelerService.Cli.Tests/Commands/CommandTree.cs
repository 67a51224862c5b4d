using System.CommandLine;
using LabelerService.Cli.Commands;

namespace LabelerService.Cli.Tests.Commands;

/// <summary>The command line as it is, for tests of what every command must have.</summary>
internal static class CommandTree
{
    /// <summary>The whole command line.</summary>
    public static Command Create() => CommandLineApp.Create(new CommandHost(TextWriter.Null, TextWriter.Null, TimeProvider.System, _ => null));

    /// <summary>Every command that people see, the root aside, groups included.</summary>
    public static IReadOnlyList<Command> All(Command root) =>
        [.. root.Subcommands.Where(command => !command.Hidden).SelectMany(command => All(command).Prepend(command))];

    /// <summary>A command's words behind the program's name: <c>import labels</c>.</summary>
    public static string Path(Command command)
    {
        var words = new Stack<string>();
        for (Symbol? symbol = command; symbol?.Parents.FirstOrDefault() is { } parent; symbol = parent)
        {
            words.Push(symbol.Name);
        }

        return string.Join(' ', words);
    }
}
